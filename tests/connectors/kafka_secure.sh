#!/bin/sh
# kafka_secure.sh - kafka_bolt and kafka_spout with a broker that wants TLS, a user and
# a password, or both: with the right ones every record goes in and comes back, with a
# wrong one there is one sentence.
. tests/support/scenario.sh
. tests/support/servers.sh
. tests/support/certificates.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

MODULES=org.apache.kafka.common.security

# (No record goes by SCRAM here: librdkafka before 2.6.1 writes a part of the nonce twice,
# which brokers of Kafka 4 refuse as they refuse a wrong password.)
# A broker of five listeners: without anything (for its tools), of its controller, and
# those whose addresses are in $tls, $login and $both.
_begin() {
    certificate right
    certificate wrong
    cat right.key right.pem >store.pem
    # shellcheck disable=SC2046 # words
    set -- $(sh -c '. "$0"; choose_ports 5 ""; echo $PORTS' \
        "$TOP/tests/servers/common.sh" "$PWD/ports" x)
    tls=127.0.0.1:$3 login=127.0.0.1:$4 both=127.0.0.1:$5
    KAFKA_PORTS="$1 $2"
    KAFKA_PROPS="listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2,SSL://$tls,SASL_PLAINTEXT://$login,SASL_SSL://$both
advertised.listeners=PLAINTEXT://127.0.0.1:$1,SSL://$tls,SASL_PLAINTEXT://$login,SASL_SSL://$both
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location=$PWD/store.pem
listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=$MODULES.plain.PlainLoginModule required user_ann=\"secret\";
listener.name.sasl_ssl.sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=$MODULES.plain.PlainLoginModule required user_ann=\"secret\";"
    export KAFKA_PORTS KAFKA_PROPS
    begin kafka
}

# How a client says who it is: the three ways, and what is then changed.
TLS='security.protocol=SSL ssl.ca.location=right-ca.pem'
LOGIN='security.protocol=SASL_PLAINTEXT sasl.mechanism=PLAIN
    sasl.username=ann sasl.password=secret'
BOTH='security.protocol=SASL_SSL ssl.ca.location=right-ca.pem sasl.mechanism=PLAIN
    sasl.username=ann sasl.password=secret'

# _as COMPONENT PROPERTY…: these, as options of gale.
_as() {
    _component=$1
    shift
    for _property; do
        echo "-c $_component.kafka.$_property"
    done
}

# _write ADDRESS TOPIC PROPERTY…: the lines of `text`.
_write() {
    printf '%s\n' files=text "topic=$2" "brokers=$1" dead.letters=./letters >properties
    shift 2
    # shellcheck disable=SC2046 # options
    run timeout -k 5 60 "$GALE" local -q --filter properties -c records.start.secs=3 \
        $(_as records "$@") "$TOP/examples/file_to_kafka.yaml"
}

# _read ADDRESS TOPIC PROPERTY…: into copy/.
_read() {
    _from=$1 _topic=$2
    shift 2
    rm -rf copy
    mkdir copy
    # shellcheck disable=SC2046 # options
    run timeout -k 5 60 "$GALE" local -q -c source.until=end -c source.start.secs=3 \
        $(_as source "$@") kafka_copy copy "$_from" "$_topic"
}

_all_come_back() { # ADDRESS TOPIC PROPERTY…
    server kafka topic "$2" 2
    _write "$@"
    expect_status 0
    _read "$@"
    expect_status 0
    cut -d ' ' -f 3- copy/sink-* | sort >found
    expect_same found all
}

# _refused SENTENCE ADDRESS PROPERTY…: by both of them, in one sentence.
_refused() {
    sentence=$1 from=$2
    shift 2
    _write "$from" words "$@"
    _in_one_sentence "(task 2, plugin kafka_bolt), prepare: broker $from $sentence"
    _read "$from" words "$@"
    _in_one_sentence "(task 1, plugin kafka_spout), open: broker $from $sentence"
}

# Beside what librdkafka itself says to the log, each once: of TLS it has two.
_in_one_sentence() {
    expect_status 1
    expect_stderr "$1"
    expect_equal "$(grep -c '^gale local: ' err)" 1 'sentences'
    [ "$(grep -c ' ERROR ' err)" -le 2 ] || fail "it is said again and again: $(_said err)"
    ! grep -q sesame err || fail 'the password is shown'
}

# shellcheck disable=SC2086 # properties are words
records_go_in_and_come_back_by_tls_and_with_a_login() {
    _begin
    seq 1 2000 >text
    sort text >all
    server kafka topic words 1
    _all_come_back "$tls" by_tls $TLS
    _all_come_back "$login" by_login $LOGIN
    _all_come_back "$both" by_both $BOTH
    _a_wrong_password_is_said
    _a_broker_that_is_not_trusted_is_said
    _what_does_not_fit_the_listener_is_said
}

# shellcheck disable=SC2086
_a_wrong_password_is_said() {
    user='refuses the user or the password: see kafka.sasl.username and kafka.sasl.password; '
    _refused "$user" "$login" $LOGIN sasl.password=sesame
    _refused "$user" "$both" $BOTH sasl.password=sesame
    _refused "$user" "$login" $LOGIN sasl.username=bob
    _refused 'does not take the SASL mechanism: see kafka.sasl.mechanism; ' \
        "$login" $LOGIN sasl.mechanism=SCRAM-SHA-512
}

# shellcheck disable=SC2086
_a_broker_that_is_not_trusted_is_said() {
    trust='has a certificate that is not trusted: see kafka.ssl.ca.location; '
    _refused "$trust" "$tls" $TLS ssl.ca.location=wrong-ca.pem
    _refused "$trust" "$both" $BOTH ssl.ca.location=wrong-ca.pem
    _write "$tls" words $TLS ssl.ca.location=nowhere.pem
    expect_refusal 'librdkafka does not take its settings: ssl.ca.location failed: '
}

# shellcheck disable=SC2086
_what_does_not_fit_the_listener_is_said() {
    _refused 'does not talk TLS with this client: see brokers, kafka.security.protocol and kafka.ssl.*; ' \
        "$login" $TLS
    _write "$tls" words security.protocol=PLAINTEXT
    _nobody_answers 'prepare: '
    _read "$tls" words security.protocol=PLAINTEXT
    _nobody_answers 'open: '
}

# The broker closes the connection, which librdkafka says or not.
_nobody_answers() {
    _in_one_sentence "$1"
    expect_stderr "$tls"
    grep -q 'does not answer as Kafka does: \|has answered within 3 s: ' err ||
        fail "it said: $(_said err)"
    expect_stderr 'kafka.security.protocol'
}

scenario
