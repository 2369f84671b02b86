# certificates.sh - certificates of servers at 127.0.0.1, and of those who sign them;
# sourced after scenario.sh.

# certificate NAME: NAME.pem and NAME.key, signed by NAME-ca.pem; keys as PKCS #8.
certificate() {
    command -v openssl >/dev/null || skip 'there is no openssl here'
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -keyout "$1-ca.key" -out "$1-ca.pem" -subj "/CN=$1 authority" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -keyout "$1.key" -out "$1.csr" -subj /CN=127.0.0.1 2>/dev/null
    echo 'subjectAltName = IP:127.0.0.1, DNS:127.0.0.1' >names
    openssl x509 -req -in "$1.csr" -CA "$1-ca.pem" -CAkey "$1-ca.key" -CAcreateserial \
        -days 2 -out "$1.pem" -extfile names 2>/dev/null
}
