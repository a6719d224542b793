// Does with a system what ordinary programs do, and says what came of it: see README.md.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void check(int is_well, const char *what) {
  if (is_well) return;
  perror(what);
  exit(1);
}

static void show(const char *what, const char *name) {
  char text[100];
  int file = open(name, O_RDONLY);
  check(file >= 0, name);
  ssize_t length = read(file, text, sizeof text);
  check(length >= 0, name);
  printf("%s: %.*s\n", what, (int)length, text);
  close(file);
}

int main(int argc, char **argv) {
  size_t size = 0;
  for (int i = 1; i < argc; i++) size += strlen(argv[i]);
  printf("args: %d of %zu bytes\n", argc - 1, size);
  const char *greeting = getenv("GREETING");
  printf("env: %s\n", greeting ? greeting : "");

  struct timespec duration = {0, 20000000}, start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  nanosleep(&duration, 0);
  clock_gettime(CLOCK_MONOTONIC, &end);
  long long passed = (end.tv_sec - start.tv_sec) * 1000000000ll + end.tv_nsec - start.tv_nsec;
  fprintf(stderr, "slept: %s\n", passed >= 20000000 ? "true" : "false");

  char name[4096], many[4096];
  snprintf(name, sizeof name, "%s/notes", argv[1]);
  int file = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0666);
  check(file >= 0 && write(file, "hello", 5) == 5, name);
  close(file);
  file = open(name, O_APPEND | O_WRONLY);
  check(file >= 0 && write(file, " and more", 9) == 9, name);
  close(file);
  show("appended", name);
  check(truncate(name, 3) == 0, name);
  show("truncated", name);

  snprintf(many, sizeof many, "%s/many", argv[1]);
  DIR *directory = opendir(many);
  check(directory != 0, many);
  int listed = 0;
  for (struct dirent *entry; (entry = readdir(directory));)
    listed += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
  closedir(directory);
  printf("listed: %d\n", listed);

  int opened = 0;
  while (opened < 1000 && open(name, O_RDONLY) >= 0) opened++;
  printf("opened: %d\n", opened);

  static char input[65536];
  ssize_t read_now, total = 0;
  while ((read_now = read(0, input, sizeof input)) > 0) total += read_now;
  printf("stdin: %zd bytes\n", total);
  exit(42);
}
