/*
 * zookeeper_contract_real.c - the cases of tests/support/zookeeper_contract.c
 * on the real servers at GALE_ZOOKEEPER.
 */
#include "tests/support/real_zookeeper.h"

int main(void)
{
    return zookeeper_contract_run(&real_zookeeper);
}
