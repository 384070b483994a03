/**
 * The script that `sh -c` runs in place of the command. It claims the run for its own process and only then
 * becomes the command. Arguments: the run's folder, the journal's file or nothing, the journal's line up to
 * the process number, then the command. A hard link fails when its name exists (POSIX link). So the first
 * that links `pid` has the run: this shell, or a parent that gave the run up. The process keeps its number
 * and its start time through `exec`.
 */
export const shim = `
run=$1 journal=$2 line=$3
shift 3
started() {
  set -- \${1##*) }
  start=\${20}
}
start=- boot=-
if [ -r "/proc/$$/stat" ]; then
  read -r stat < "/proc/$$/stat"
  started "$stat"
  read -r boot < /proc/sys/kernel/random/boot_id
fi
printf '%s %s %s\\n' "$$" "$start" "$boot" > "$run/claim" || exit 75
ln "$run/claim" "$run/pid" || exit 75
if [ -n "$journal" ]; then printf '%s"pid":%s}\\n' "$line" "$$" >> "$journal"; fi
exec "$@"
`
