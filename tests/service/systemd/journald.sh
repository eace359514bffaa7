#!/bin/sh
# Runs "$@" beside a journald of its own; meant to be PID 1 of a mount and process namespace.
# The catalogue is that of this checkout, and nothing is left on the machine.
set -e
here=$(dirname "$(realpath "$0")")
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mount -t tmpfs tmpfs /var/lib/systemd
mount --bind "$here/../../../systemd" /usr/lib/systemd/catalog
mkdir -p /run/systemd/journal /run/log/journal
journalctl --update-catalog
/lib/systemd/systemd-journald 2>/dev/null &
for _ in $(seq 200); do
  [ -S /run/systemd/journal/socket ] && [ -S /run/systemd/journal/stdout ] && exec "$@"
  sleep 0.02
done
echo "journald did not start" >&2
exit 1
