// SQLite as a command: runs the SQL of standard input on the database /out/test.db and prints the rows. Exits with 1 on an error.

#include "sqlite3.h"
#include <stdio.h>

enum { SQL_BYTES_MAX = 1 << 20 };

static int print(void *unused, int count, char **values, char **names) {
  (void)unused;
  (void)names;
  for (int index = 0; index < count; index++)
    printf(index == 0 ? "%s" : "|%s", values[index] == NULL ? "" : values[index]);
  putchar('\n');
  return 0;
}

int main(void) {
  static char sql[SQL_BYTES_MAX + 1];
  sql[fread(sql, 1, SQL_BYTES_MAX, stdin)] = 0;
  sqlite3 *database;
  char *error = NULL;
  if (sqlite3_open("/out/test.db", &database) != SQLITE_OK ||
      sqlite3_exec(database, sql, print, NULL, &error) != SQLITE_OK) {
    fprintf(stderr, "%s\n", error == NULL ? sqlite3_errmsg(database) : error);
    return 1;
  }
  return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
