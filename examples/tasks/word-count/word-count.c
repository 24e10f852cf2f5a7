// Counts words: reads every file of /in in listing order, writes /out/words.csv (word,count, most frequent first) and a summary.
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1 << 16, WORD_MAX = 64, PATH_BYTES = 512 };

typedef struct {
  char text[WORD_MAX];
  unsigned count;
} Word;

static Word *words;
static unsigned distinct, total;

static void add(const char *text) {
  unsigned hash = 2166136261u;
  for (const char *at = text; *at; at++) hash = (hash ^ (unsigned char)*at) * 16777619u;
  for (unsigned slot = hash % SLOTS;; slot = (slot + 1) % SLOTS) {
    Word *word = &words[slot];
    if (word->count == 0) {
      if (distinct == SLOTS - 1) return;
      strcpy(word->text, text);
      distinct++;
    } else if (strcmp(word->text, text) != 0) {
      continue;
    }
    word->count++;
    total++;
    return;
  }
}

static void read_words(FILE *file) {
  char text[WORD_MAX];
  int length = 0;
  for (int c; (c = fgetc(file)) != EOF;) {
    if (isalpha(c) || (c == '\'' && length > 0) || c >= 0x80) {
      if (length < WORD_MAX - 1) text[length++] = (char)tolower(c);
    } else if (length > 0) {
      text[length] = 0;
      add(text);
      length = 0;
    }
  }
  if (length > 0) {
    text[length] = 0;
    add(text);
  }
}

static int by_count(const void *left, const void *right) {
  const Word *a = left, *b = right;
  if (a->count != b->count) return a->count < b->count ? 1 : -1;
  return strcmp(a->text, b->text);
}

int main(int argc, char **argv) {
  unsigned top = argc > 1 ? (unsigned)atoi(argv[1]) : 10;
  words = calloc(SLOTS, sizeof *words);
  if (!words) return 3;
  DIR *directory = opendir("/in");
  if (!directory) {
    fputs("no /in\n", stderr);
    return 2;
  }
  unsigned files = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (entry->d_name[0] == '.') continue;
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/in/%s", entry->d_name);
    FILE *file = fopen(path, "rb");
    if (!file) continue;
    read_words(file);
    fclose(file);
    files++;
  }
  closedir(directory);
  unsigned used = 0;
  for (unsigned slot = 0; slot < SLOTS; slot++)
    if (words[slot].count) words[used++] = words[slot];
  qsort(words, used, sizeof *words, by_count);
  FILE *csv = fopen("/out/words.csv", "wb");
  if (!csv) return 2;
  for (unsigned index = 0; index < used; index++) fprintf(csv, "%s,%u\n", words[index].text, words[index].count);
  fclose(csv);
  printf("%u files, %u words, %u distinct\n", files, total, distinct);
  for (unsigned index = 0; index < used && index < top; index++) printf("%6u %s\n", words[index].count, words[index].text);
  return 0;
}
