#include "cli/command.h"
#include "cli/simulate_seeds.h"
#include <stdlib.h>
const char cmd_simulate_details[] = "\n";
int cmd_simulate(int argc, char **argv)
{
    struct simulate_seeds s = {0};
    s.first = s.last = strtoull(argv[1], NULL, 10);
    s.loud = argc > 2;
    return simulate_seeds_run(&s);
}
