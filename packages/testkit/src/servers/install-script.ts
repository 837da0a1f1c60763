/**
 * Installs the Debian package $1 while $2, Debian's policy-rc.d, forbids services. For /bin/sh, as root.
 *
 * It runs under a lock, as a process that does not end with ours, so that it always puts back a policy that it moved.
 *
 * Debian's packages start their service on its fixed port unless policy-rc.d says no (101), so the script puts one
 * there. It moves an existing policy aside and back again. Its own policy carries a mark, by which a later run
 * recognizes one that a power cut left behind.
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
