/* SPDX-License-Identifier: Apache-2.0 */
/* What the program is at, for those who watch: shown by the machine's meter, never booked. Phases are decided a little
 * later than they happen, so that it is the one of which most was added since the last look. */
#include "engine/session_impl.h"

#include "base/text.h"

void session_news_tell(struct jb_session *session)
{
    struct session_work *work = session->work;
    struct jb_link_news news = {.epoch = -1, .step = -1};
    double most_s = 0;

    if (session->remote == NULL || work == NULL || !work->seen) {
        return;
    }
    for (int phase = 0; phase < JB_PHASES; phase++) {
        double sum_s = jb_work_phase_s(work->work, phase), more_s = sum_s - work->news_phase_s[phase];
        work->news_phase_s[phase] = sum_s;
        if (more_s > most_s) {
            most_s = more_s;
            jb_copy(news.phase, sizeof(news.phase), jb_phase_name(phase));
        }
    }
    for (size_t i = jb_work_region_count(work->work); i-- > 0 && news.epoch < 0;) {
        const struct jb_work_region *region = jb_work_region(work->work, i);
        if (region->kind == JB_EVENT_EPOCH && region->index >= 0) {
            news.epoch = region->index;
        }
    }
    uint64_t steps = jb_work_step_count(work->work);
    news.step = steps > 0 ? (int64_t)steps : -1;
    jb_remote_news(session->remote, &news);
}
