# Part of the launcher `pgstitch`: what the tests that failed have said, as the last lines of a run of thousands.
# shellcheck shell=bash

# Prints each test that failed since the file $2 was made, under the directory $1: its name, how its message begins and where in our code
# it stood. At most 6 tests are told in full, so that the whole fits on a screen; the rest are named.
print_failures() {
  find "$1" -path '*/target/*-reports/*.txt' -newer "$2" -exec awk '
    / <<< (FAILURE|ERROR)!$/ && / -- Time elapsed: / && !/^Tests run: / {
      count++
      printf "%s\n", substr($0, 1, 200)
      told = count <= 6
      message = frames = 0
      next
    }
    /^-----/ || /^Test set: / || /^Tests run: / { told = 0 }
    !told || /^$/ { next }
    /^\tat / {
      if (/io\.pgstitch\./ && frames < 3) { frames++; print "  " substr($0, 2, 160) }
      next
    }
    message < 8 { message++; print "  " substr($0, 1, 240) }
  ' {} +
}
