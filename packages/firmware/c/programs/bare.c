/* Answers each ring with one of the same notification id, and has no resource table: what is left
 * of a round trip when vrings and messages are taken away. */
#include "board.h"
#include "trace.h"

int main(void) {
  trace("bare: started");
  for (;;) {
    board_wait();
    uint32_t notify_id;
    while (board_doorbell(&notify_id)) board_notify(notify_id);
  }
}
