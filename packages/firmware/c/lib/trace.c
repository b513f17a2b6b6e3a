#include "trace.h"

#include <stdarg.h>
#include <stdint.h>

#include "board.h"

struct line {
  char text[128]; /* with room for the line feed and the final NUL */
  uint32_t length;
};

static void put(struct line *line, char character) {
  if (line->length < sizeof(line->text) - 2) line->text[line->length++] = character;
}

static void put_number(struct line *line, uint32_t value, uint32_t base) {
  char digits[10]; /* of 2^32 - 1 in decimal */
  uint32_t count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value > 0);
  while (count > 0) put(line, digits[--count]);
}

void trace(const char *format, ...) {
  struct line line;
  line.length = 0;
  va_list values;
  va_start(values, format);
  for (; *format != '\0'; format++) {
    if (*format != '%') {
      put(&line, *format);
      continue;
    }
    format++;
    if (*format == 's') {
      for (const char *text = va_arg(values, const char *); *text != '\0'; text++) put(&line, *text);
    } else {
      put_number(&line, va_arg(values, uint32_t), *format == 'x' ? 16 : 10);
    }
  }
  va_end(values);
  line.text[line.length++] = '\n';
  line.text[line.length] = '\0';
  board_trace(line.text);
}
