/* Offers a virtio device in its resource table, and never serves it: what a host with a limit on
 * its patience has to cope with. */
#include "board.h"
#include "trace.h"

int main(void) {
  trace("silent: started");
  for (;;) board_wait();
}
