// Prints its arguments, sleeps 5 ms and says so.
#include <stdio.h>
#include <time.h>

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++)
    printf("arg %d: %s\n", i, argv[i]);
  const struct timespec pause = {.tv_sec = 0, .tv_nsec = 5 * 1000 * 1000};
  if (nanosleep(&pause, NULL) != 0) {
    perror("nanosleep");
    return 1;
  }
  puts("slept 5 ms");
  return 0;
}
