// filer-c DIRECTORY: tries what C programs do with files and prints a line for each.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *base;
static char path[2][512];

static const char *at(int slot, const char *name) {
  snprintf(path[slot], sizeof path[slot], "%s/%s", base, name);
  return path[slot];
}

static void say(const char *what, int result) {
  if (result < 0)
    printf("%s: %s\n", what, strerror(errno));
  else
    printf("%s: ok\n", what);
}

static void text(const char *what, const char *name) {
  char buffer[100];
  FILE *file = fopen(at(0, name), "r");
  if (!file) {
    say(what, -1);
    return;
  }
  size_t length = fread(buffer, 1, sizeof buffer - 1, file);
  buffer[length] = 0;
  printf("%s: %s\n", what, buffer);
  fclose(file);
}

static void write_text(const char *name, const char *mode, const char *words) {
  FILE *file = fopen(at(0, name), mode);
  if (!file) {
    say(name, -1);
    return;
  }
  fputs(words, file);
  fclose(file);
}

static void opened(const char *what, const char *name, int flags) {
  int fd = open(at(0, name), flags, 0666);
  say(what, fd);
  if (fd >= 0)
    close(fd);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: filer-c DIRECTORY\n");
    return 2;
  }
  base = argv[1];

  write_text("a", "w", "hello");
  write_text("a", "a", " and more");
  text("appended", "a");

  FILE *file = fopen(at(0, "a"), "r+");
  fseek(file, 1, SEEK_SET);
  fputc('E', file);
  fseek(file, -4, SEEK_END);
  char tail[5] = {0};
  fread(tail, 1, 4, file);
  printf("seek: %s at %ld\n", tail, ftell(file));
  fflush(file);
  say("truncate", ftruncate(fileno(file), 3));
  fclose(file);
  text("truncated", "a");

  write_text("b", "w", "other");
  say("rename over", rename(at(0, "b"), at(1, "a")));
  text("renamed", "a");
  opened("exclusive", "a", O_CREAT | O_EXCL | O_WRONLY);
  opened("missing", "b", O_RDONLY);

  say("symlink", symlink("a", at(0, "to-a")));
  text("through a link", "to-a");
  char target[100] = {0};
  readlink(at(0, "to-a"), target, sizeof target - 1);
  printf("the link itself: %s\n", target);
  say("dangling", symlink("nowhere", at(0, "dangling")));
  opened("through it", "dangling", O_RDONLY);
  say("loop", symlink("round", at(0, "round")));
  opened("through the loop", "round", O_RDONLY);
  opened("not following", "to-a", O_RDONLY | O_NOFOLLOW);
  say("outwards", symlink("../../etc/passwd", at(0, "out")));
  opened("through it", "out", O_RDONLY);
  say("hard link", link(at(0, "a"), at(1, "also-a")));
  struct stat one, other;
  stat(at(0, "a"), &one);
  stat(at(0, "also-a"), &other);
  printf("links: %d, one inode: %d\n", (int)one.st_nlink, one.st_ino == other.st_ino);

  opened("slash behind a file", "a/", O_RDONLY);
  say("mkdir", mkdir(at(0, "d/"), 0777));
  write_text("d/x", "w", "x");
  say("remove a full directory", rmdir(at(0, "d")));
  say("unlink a directory", unlink(at(0, "d")));
  say("unlink", unlink(at(0, "d/x")));
  say("rmdir", rmdir(at(0, "d")));
  write_text("ключ ✓", "w", "ja");
  text("unicode", "ключ ✓");

  int count = 0;
  DIR *many = opendir(at(0, "many"));
  for (struct dirent *entry; many && (entry = readdir(many));)
    count += entry->d_name[0] != '.';
  printf("many: %d\n", count);
  if (many)
    closedir(many);
  return 0;
}
