# Installs PostgreSQL and prepares it as the store that kiosks share: one database, one user with a
# password of its own, an encrypted line, and a key with which the kiosks seal what is personal. Run
# again, it changes nothing that is there. Arguments: address to listen on, network of the kiosks,
# folder for what each kiosk needs.
set -euo pipefail

listen=$1
network=$2
folder=$3

fail() {
    echo "error: $1" >&2
    exit 1
}
[ "$(id -u)" = 0 ] || fail "run this as root"
command -v apt-get >/dev/null || fail "this is no Debian system: install PostgreSQL 15 or later by hand, then see the commented [store] of \`tiepdon config example\`"

say() {
    echo "$1" >&2
}

if ! command -v pg_lsclusters >/dev/null || ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
    say "installing PostgreSQL"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql openssl >/dev/null
fi
command -v openssl >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq openssl >/dev/null

read -r version cluster port _ <<<"$(pg_lsclusters -h | head -n1)"
[ -n "${version:-}" ] || fail "there is no PostgreSQL cluster: make one with pg_createcluster"
[ "${version%%.*}" -ge 15 ] || fail "PostgreSQL $version is too old: version 15 or later is needed"
settings=/etc/postgresql/$version/$cluster

install -d -m 700 "$folder"
umask 077
[ -s "$folder/store.key" ] || openssl rand -hex 32 >"$folder/store.key"
[ -s "$folder/store.password" ] || openssl rand -hex 24 >"$folder/store.password"

# A CA for this one server: its certificate is what the kiosks trust.
if [ ! -s "$folder/store-ca.pem" ]; then
    say "making the certificate for $listen"
    name=DNS:$listen
    case $listen in
        *[!0-9.]*) ;;
        *) name=IP:$listen ;;
    esac
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Tiep Don store CA" \
        -addext basicConstraints=critical,CA:TRUE -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$listen" \
        -keyout "$work/server.key" -out "$work/server.csr" 2>/dev/null
    printf 'subjectAltName=%s\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n' "$name" >"$work/ext"
    openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 3650 \
        -extfile "$work/ext" -out "$work/server.pem" 2>/dev/null
    install -m 644 -o postgres -g postgres "$work/server.pem" "$settings/tiepdon.pem"
    install -m 600 -o postgres -g postgres "$work/server.key" "$settings/tiepdon.key"
    install -m 600 "$work/ca.pem" "$folder/store-ca.pem"
fi

# What is ours stands in files of our own.
install -d -o postgres -g postgres "$settings/conf.d"
cat >"$settings/conf.d/tiepdon.conf" <<CONF
listen_addresses = 'localhost,$listen'
max_connections = 250
ssl = on
ssl_cert_file = '$settings/tiepdon.pem'
ssl_key_file = '$settings/tiepdon.key'
password_encryption = 'scram-sha-256'
fsync = on
full_page_writes = on
synchronous_commit = on
CONF
chown postgres:postgres "$settings/conf.d/tiepdon.conf"
rule="hostssl tiepdon tiepdon $network scram-sha-256"
grep -qxF "$rule" "$settings/pg_hba.conf" || echo "$rule" >>"$settings/pg_hba.conf"

say "starting PostgreSQL $version"
pg_ctlcluster "$version" "$cluster" restart || fail "PostgreSQL does not start: see /var/log/postgresql"

as_server() {
    runuser -u postgres -- psql -p "$port" -qAt -v ON_ERROR_STOP=1 "$@"
}
password=$(cat "$folder/store.password")
[ "$(as_server -c "SELECT 1 FROM pg_roles WHERE rolname = 'tiepdon'")" = 1 ] || as_server -c "CREATE ROLE tiepdon LOGIN"
as_server <<SQL
ALTER ROLE tiepdon PASSWORD '$password';
SQL
[ "$(as_server -c "SELECT 1 FROM pg_database WHERE datname = 'tiepdon'")" = 1 ] ||
    as_server -c "CREATE DATABASE tiepdon OWNER tiepdon ENCODING 'UTF8' TEMPLATE template0"
