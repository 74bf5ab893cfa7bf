# guard.sh GRACE ORPHAN_GRACE ODD COMMAND [ARGUMENT...]        (graces in tenths of a second)
#
# Enters: a command, and the host's pipe on stdin, with ODD lines NAME=VALUE to begin with. Leaves: the command's pid as the first line of
# stdout, its output after that, its exit code. The command runs in a process group of its own with an
# empty stdin. A line on the pipe ends the group politely (TERM, GRACE, KILL). The end of the pipe means
# that the host died, however it died: even kill -9 closes a dead process's pipes.
unset WAASPIRE_GUARD # that is this text
grace=$1; orphan_grace=$2; odd=$3; shift 3
exec 3<&0

# Many a sh drops variables whose names it could not use itself, such as services__my-api__http__0. They come
# through the pipe and not as arguments, which everybody on the machine can read.
if [ "$odd" -gt 0 ]; then
  while [ "$odd" -gt 0 ] && IFS= read -r pair <&3; do set -- "$pair" "$@"; odd=$((odd - 1)); done
  set -- env "$@"
fi

# The pid is printed by the very process that becomes the command, so nothing can come before it.
become='echo "$$"; exec "$@"'
if command -v setsid >/dev/null 2>&1; then
  setsid sh -c "$become" guard "$@" </dev/null 3<&- &
else
  set -m # macOS has no setsid, but its sh has job control without a terminal; Debian's has not.
  sh -c "$become" guard "$@" </dev/null 3<&- &
  set +m
fi
group=$!
trap '' HUP INT # after the fork, so that the command does not inherit it

# A zombie keeps its group alive for kill -0 until PID 1 collects it, and many a container's PID 1 is slow.
alive() {
  kill -s 0 -- "-$group" 2>/dev/null || return 1
  [ -r /proc/self/stat ] || return 0
  for stat in /proc/[0-9]*/stat; do
    read -r line 2>/dev/null <"$stat" || continue
    set -- ${line##*) } # after the name in brackets: state, parent, group
    if [ "$3" = "$group" ] && [ "$1" != Z ]; then return 0; fi
  done 2>/dev/null
  return 1
}

end_group() {
  left=$1
  # Told to end at once, the command may not have left our own group yet.
  while kill -s 0 "$group" 2>/dev/null && ! kill -s 0 -- "-$group" 2>/dev/null; do sleep 0.01; done
  kill -s TERM -- "-$group" 2>/dev/null || return 0
  while [ "$left" -gt 0 ] && alive; do sleep 0.1; left=$((left - 1)); done
  kill -s KILL -- "-$group" 2>/dev/null
}

(
  if read -r _ <&3; then patience=$grace; else patience=$orphan_grace; fi
  trap '' TERM # at work it finishes; idle, as above, it can be dismissed
  end_group "$patience"
) >/dev/null 2>&1 &
watcher=$!
exec 3<&-

wait "$group" 2>/dev/null; code=$?
end_group "$orphan_grace" # what the command left behind
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit "$code"
