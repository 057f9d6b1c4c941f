#!/bin/sh
# Makes an authority of your own and a certificate for the host names that old
# V1 clients have built in, in the folder given (default: here).
#
#   naru-ca.pem     for the trust stores of your shop servers, and only there
#   naru-ca.key     keep it off the gateway, or delete it when you are done
#   v1-names.pem    certificate and
#   v1-names.key    key for nginx (/etc/ssl/naru)
set -eu
cd "${1:-.}"
umask 077

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -keyout naru-ca.key -out naru-ca.pem -subj "/CN=Naru private authority" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -addext "nameConstraints=critical,permitted;DNS:iamport.kr"

openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout v1-names.key -out v1-names.csr -subj "/CN=api.iamport.kr"

extensions=$(mktemp)
trap 'rm -f "$extensions" v1-names.csr' EXIT
cat >"$extensions" <<'END'
subjectAltName=DNS:api.iamport.kr,DNS:static-api.iamport.kr
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
END
openssl x509 -req -in v1-names.csr -CA naru-ca.pem -CAkey naru-ca.key -CAcreateserial \
    -days 800 -out v1-names.pem -extfile "$extensions"
chmod 0644 naru-ca.pem v1-names.pem
