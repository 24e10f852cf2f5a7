// Counts words: reads every file of /in in listing order, writes /out/words.csv (word,count, most frequent first) and a summary.
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 1 << 8, SLOTS_MAX = 1 << 16, WORD_MAX = 64, PATH_BYTES = 512 };

typedef struct {
  char text[WORD_MAX];
  unsigned count;
} Word;

// Open addressing; a power of two of slots, at most three of four of them used. It begins small: whoever fetches memory pays for it.
static Word *words;
static unsigned slots, distinct, total;

static Word *find(const char *text) {
  unsigned hash = 2166136261u;
  for (const char *at = text; *at; at++) hash = (hash ^ (unsigned char)*at) * 16777619u;
  unsigned slot = hash & (slots - 1);
  while (words[slot].count && strcmp(words[slot].text, text) != 0) slot = (slot + 1) & (slots - 1);
  return &words[slot];
}

static void grow(void) {
  Word *old = words;
  unsigned had = slots;
  slots = had ? had * 2 : SLOTS_FIRST;
  words = calloc(slots, sizeof *words);
  if (!words) {
    fputs("no memory for so many words\n", stderr);
    exit(3);
  }
  for (unsigned slot = 0; slot < had; slot++)
    if (old[slot].count) *find(old[slot].text) = old[slot];
  free(old);
}

static void add(const char *text) {
  Word *word = find(text);
  if (!word->count) {
    if (distinct + 1 > slots / 4 * 3) {
      if (slots == SLOTS_MAX) {
        fputs("too many distinct words\n", stderr);
        exit(4);
      }
      grow();
      word = find(text);
    }
    strcpy(word->text, text);
    distinct++;
  }
  word->count++;
  total++;
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
  grow();
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
  for (unsigned slot = 0; slot < slots; slot++)
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
