# What the scripts share: finding or installing the few programs that are not NuGet packages.
# Sourced, never run. Says what it installs, and one clear sentence when it cannot.

say() { printf '%s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 1; }

need_dotnet() {
  command -v dotnet >/dev/null 2>&1 || stop "The .NET 10 SDK is missing: https://dotnet.microsoft.com/download/dotnet/10.0"
  dotnet --list-sdks | grep -q '^10\.' || stop "The .NET 10 SDK is missing (found: $(dotnet --list-sdks | tr '\n' ' '))"
}

# need_debian COMMAND PACKAGE: installs the Debian package that has the command, unless the command is there.
need_debian() {
  command -v "$1" >/dev/null 2>&1 && return 0
  command -v apt-get >/dev/null 2>&1 || stop "$1 is missing and this is not Debian: please install $2."
  local sudo=''
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 || stop "$1 is missing: please install the package $2 as root."; sudo=sudo; }
  say "Installing $2 ..."
  $sudo apt-get update -qq >/dev/null 2>&1 || true
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1 || stop "Could not install $2."
}

# has_node: Node 20 or later is there. Nobody installs it: only accounts that are paired by QR code need it.
has_node() {
  [ "$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p')" -ge 20 ] 2>/dev/null
}

# free_port PREFERRED: prints it when nobody listens there, else a free port close above it.
free_port() {
  local port=$1
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  printf '%s' "$port"
}
