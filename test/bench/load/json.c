/* Just enough JSON for one flat object a line, as JSON.stringify writes it: text without escapes, and numbers. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *value_of(const char *line, const char *key) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *found = strstr(line, quoted);
  if (found == NULL) return NULL;
  found += strlen(quoted);
  while (*found == ' ') found += 1;
  return found;
}

bool json_text(const char *line, const char *key, char *out, size_t capacity) {
  const char *value = value_of(line, key);
  if (value == NULL || *value != '"') return false;
  value += 1;
  size_t length = strcspn(value, "\"\\");
  if (value[length] != '"' || length >= capacity) return false;
  memcpy(out, value, length);
  out[length] = '\0';
  return true;
}

double json_number(const char *line, const char *key, double fallback) {
  const char *value = value_of(line, key);
  if (value == NULL) return fallback;
  char *end;
  double number = strtod(value, &end);
  return end == value ? fallback : number;
}
