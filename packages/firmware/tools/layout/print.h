/* Prints what the compiler makes of a header, one fact a line; c_layout.ts reads the lines. */
#ifndef PRINT_H
#define PRINT_H

#include <stddef.h>
#include <stdio.h>

#define STRUCT(type, name) printf("struct %s %zu\n", #name, sizeof(type))
#define FIELD(type, name, field)                                            \
  printf("field %s %s %zu %zu\n", #name, #field, offsetof(type, field),     \
         sizeof(((type *)0)->field))
/* The array of no fixed length that a struct ends with. */
#define TAIL(type, name, field)                                             \
  do {                                                                      \
    _Static_assert(offsetof(type, field) == sizeof(type), #name "." #field); \
    printf("tail %s %s %zu\n", #name, #field, sizeof(*((type *)0)->field)); \
  } while (0)
#define CONSTANT(name) printf("constant %s %lld\n", #name, (long long)(name))

#endif
