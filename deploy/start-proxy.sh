#!/bin/sh
# nginx with the same largest body as Vigie. Our files are not to be written on: the result stands in memory.
set -eu
: "${MAX_UPLOAD_MB:=1024}"
sed "s/client_max_body_size 1024m/client_max_body_size ${MAX_UPLOAD_MB}m/; s/1024 MB at most/$MAX_UPLOAD_MB MB at most/" \
    /etc/nginx/nginx.conf >/tmp/nginx.conf
exec nginx -c /tmp/nginx.conf -g 'daemon off;'
