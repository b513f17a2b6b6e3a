/* Prints what the compiler makes of a header, one fact a line; c_layout.ts reads the lines. */
#ifndef PRINT_H
#define PRINT_H

#include <stddef.h>
#include <stdio.h>

#define STRUCT(type, name) printf("struct %s %zu\n", #name, sizeof(type))
#define FIELD(type, name, field) printf("field %s %s %zu\n", #name, #field, offsetof(type, field))
#define CONSTANT(name) printf("constant %s %lld\n", #name, (long long)(name))

#endif
