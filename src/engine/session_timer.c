/* SPDX-License-Identifier: Apache-2.0 */
/* When the sensors are read, and of those readings which end a tick. */
#include "engine/session_impl.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/timerfd.h>

#define KEEPALIVE_NS     (10 * JB_NS_PER_S) /* sensors.md 7: at least so often, however long the interval */
#define KEEPALIVE_MIN_NS JB_NS_PER_MS

int session_timer_make(struct jb_session *session)
{
    session->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return session->timer_fd < 0 ? -errno : 0;
}

uint64_t session_keepalive_ns(const struct jb_session *session)
{
    uint64_t least_ns = KEEPALIVE_NS;

    for (int i = 0; i < session->channel_count; i++) {
        const struct jb_channel *channel = session->channels[i].channel;
        uint64_t quarter_ns = channel->horizon_ns / 4;
        if (channel->status == JB_OK && channel->horizon_ns > 0 && quarter_ns < least_ns) {
            least_ns = quarter_ns;
        }
    }
    return least_ns > KEEPALIVE_MIN_NS ? least_ns : KEEPALIVE_MIN_NS;
}

int session_timer_arm(struct jb_session *session)
{
    uint64_t interval_ns = session->config.interval_ns, longest_ns = session_keepalive_ns(session);

    session->polls = 0;
    session->polls_per_tick = (interval_ns + longest_ns - 1) / longest_ns;
    uint64_t period = interval_ns / session->polls_per_tick;
    struct timespec each = jb_timespec(period);
    struct itimerspec timer = {.it_interval = each, .it_value = each};

    return timerfd_settime(session->timer_fd, 0, &timer, NULL) < 0 ? -errno : 0;
}

int jb_session_pace(struct jb_session *session, uint64_t interval_ns)
{
    session->config.interval_ns = interval_ns;
    return session_timer_arm(session);
}

int jb_session_timer_fd(const struct jb_session *session)
{
    return session->timer_fd;
}
