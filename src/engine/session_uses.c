/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses the accelerators, as their drivers name processes. */
#include "engine/session_impl.h"

bool session_is_ours(const void *context, int32_t pid)
{
    const struct jb_session *session = context;

    if (session_runs_own(session, pid)) {
        return true;
    }
    for (size_t i = 0; i < session->our_pid_count; i++) {
        if (session->our_pids[i] == pid) {
            return true;
        }
    }
    return false;
}

/* Asked when a pid is first heard of: at the end of a run the driver still names processes that are gone. */
static void know_pid(struct jb_session *session, int32_t pid)
{
    session_runs_know(session, pid);
    if (session->tree != NULL && session->our_pid_count < MAX_USES && !session_is_ours(session, pid) &&
        jb_proctree_contains(session->tree, pid)) {
        session->our_pids[session->our_pid_count++] = pid;
    }
}

bool session_names(const struct jb_session *session, int32_t pid)
{
    for (size_t i = 0; i < session->use_count; i++) {
        if (session->uses[i].pid == pid) {
            return true;
        }
    }
    return false;
}

/* Who is not named any more: else a long run had no room for the next one, and a pid that is used again its joules. */
static void forget_pids(struct jb_session *session)
{
    size_t kept = 0;

    for (size_t i = 0; i < session->our_pid_count; i++) {
        if (session_names(session, session->our_pids[i])) {
            session->our_pids[kept++] = session->our_pids[i];
        }
    }
    session->our_pid_count = kept;
    session_runs_forget(session);
}

int session_device_channel(const struct jb_session *session, int number)
{
    const struct jb_channel *channel = session->channels[number].channel;

    for (int i = 0; i < number; i++) {
        if (session->nodes[i].source == session->nodes[number].source &&
            session->channels[i].channel->domain == channel->domain &&
            session->channels[i].channel->unit == channel->unit) {
            return i;
        }
    }
    return number;
}

void session_keep_uses(struct jb_session *session, const struct jb_poll *poll)
{
    int sources = jb_meter_source_count(session->meter);
    bool looked = false;

    for (int i = 0; i < sources; i++) {
        uint64_t looks = jb_meter_source_looks(session->meter, i);
        if (looks == session->looks[i]) {
            continue;
        }
        session->looks[i] = looks;
        looked = true;
        size_t kept = 0;
        for (size_t j = 0; j < session->use_count; j++) {
            if (session->nodes[session->uses[j].channel].source != i) {
                session->uses[kept++] = session->uses[j];
            }
        }
        session->use_count = kept;
    }
    size_t fresh = session->use_count;
    for (size_t i = 0; i < poll->use_count && session->use_count < MAX_USES; i++) {
        int number = session_number_of(session, poll->uses[i].channel);
        if (number >= 0) {
            session->uses[session->use_count] = poll->uses[i];
            session->uses[session->use_count++].channel = number;
        }
    }
    if (looked) {
        forget_pids(session);
    }
    for (size_t i = fresh; i < session->use_count; i++) {
        know_pid(session, session->uses[i].pid);
    }
}
