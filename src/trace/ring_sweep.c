/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots of the dead (ring.h): threads that were killed, whose process was, or that ended in a way that no destructor
 * sees.
 *
 * A thread is asked for by a signal that is none. A process that nobody has waited for still takes signals, and numbers
 * come again, so of first threads /proc is asked too, and when they started is compared with when they were first seen.
 * What the dead have written is still read: their slots are only marked as left.
 */
#include "trace/ring_view.h"

#include "base/os.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_gone(struct jb_view *view, int32_t pid, int32_t tid)
{
    uint64_t start = 0;
    if (pid <= 0 || tid <= 0 || (syscall(SYS_tgkill, pid, tid, 0) < 0 && errno == ESRCH)) {
        return true;
    }
    if (pid != tid || !view) {
        return false;
    }
    int err = jb_os_process_start(pid, &start);
    if (err == 0 && view->start == 0) {
        view->start = start;
    }
    return err == -ESRCH || (err == 0 && view->start != start);
}

void jb_ring_sweep(struct jb_ring *ring)
{
    struct jb_wire_slot *slots = jb_wire_slots(ring->base);
    for (uint32_t i = 0; i < JB_WIRE_SLOTS && ring->fd >= 0; i++) {
        uint64_t owner = atomic_load_explicit(&slots[i].owner, memory_order_acquire);
        if (owner == 0) {
            continue;
        }
        jb_view_look(ring, i);
        struct jb_view *view = &ring->views[i];
        if (!is_gone(view->bound ? view : NULL, (int32_t)(owner >> 32), (int32_t)(uint32_t)owner)) {
            continue;
        }
        if (view->bound) {
            atomic_store_explicit(&slots[i].state, JB_SLOT_LEFT, memory_order_release);
        } else {
            /* Killed before it had filled in its slot; nobody else takes it while it has an owner. */
            atomic_compare_exchange_strong(&slots[i].owner, &owner, 0);
        }
    }
}
