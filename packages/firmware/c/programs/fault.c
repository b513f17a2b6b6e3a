/* Dies at once. */
#include "trace.h"

int main(void) {
  trace("fault: started");
  __builtin_trap();
}
