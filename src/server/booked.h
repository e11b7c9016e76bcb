/* SPDX-License-Identifier: Apache-2.0 */
/* booked.h - is anything known of a channel's energy, of the machine's? 0 J of what was never read are not 0 J. */
#ifndef JB_SERVER_BOOKED_H
#define JB_SERVER_BOOKED_H

#include "engine/board.h"

static inline bool jb_channel_booked(const struct jb_board_channel *channel)
{
    return channel->covered_ns > 0 || channel->energy_uj > 0;
}

static inline bool jb_machine_booked(const struct jb_board_view *view)
{
    for (size_t i = 0; i < view->channel_count; i++) {
        if (view->channels[i].in_total && jb_channel_booked(&view->channels[i])) {
            return true;
        }
    }
    return false;
}

#endif
