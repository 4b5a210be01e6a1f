#!/bin/sh
# Stands in for a module's binary: says what a module can see of where it runs, in base64. The runner only executes a
# binary, so that a script does. What it shall do besides is in its arguments, which are one line of JSON.
case $1 in
-) arguments=$(cat) ;;
*) arguments=$(cat "$1") ;;
esac

# The value of one argument: text without quotes in it, or a number.
argument() {
  case $arguments in
  *"\"$1\": "*) value=${arguments#*"\"$1\": "} ;;
  *) return 1 ;;
  esac
  case $value in
  \"*) value=${value#\"} value=${value%%\"*} ;;
  *) value=${value%%[!0-9.]*} ;;
  esac
}

encoded() { printf '"%s": "%s", ' "$1" "$(base64 -w 0)"; }

if argument mark; then echo ran >>"$value"; fi
if argument sleep; then sleep "$value"; fi
printf '{'
printf %s "$arguments" | encoded arguments
env -0 | encoded environment
pwd | encoded folder
printf %s "$1" | encoded argument
printf '"umask": "%s", "user": "%s", "architecture": "%s", "changed": false}\n' "$(umask)" "$(id -un)" ARCHITECTURE
if argument exit; then exit "$value"; fi
