/**
 * Installs the Debian package $1 while $2, Debian's policy-rc.d, forbids services. For /bin/sh, as root.
 *
 * Runs under a lock, as a process of its own that does not end with us: what it put aside it also puts back.
 *
 * Debian's packages start their service on its fixed port unless policy-rc.d says no (101), so there is one for the
 * duration. One that was there before is moved aside and moved back; ours carries a mark by which a later run knows
 * one that a power cut left behind.
 */
export const INSTALL_SCRIPT = `
set -eu
package=$1 policy=$2
# Another process may have installed it while this one waited for the lock.
if [ "$(dpkg-query -W -f '\${db:Status-Status}' "$package")" = installed ]; then exit 0; fi
mark="# lockstep: no services while its tests install packages"
saved=$policy.before-lockstep
put_back() {
  rm -f "$policy"
  if [ -e "$saved" ]; then mv "$saved" "$policy"; fi
}
trap put_back EXIT
trap 'exit 1' INT TERM HUP
if [ -e "$policy" ] && ! grep -qF "$mark" "$policy"; then mv "$policy" "$saved"; fi
printf '#!/bin/sh\\n%s\\nexit 101\\n' "$mark" >"$policy"
chmod 755 "$policy"
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$package"; }
install || { apt-get update -q && install; }
`;
