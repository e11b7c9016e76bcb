/* SPDX-License-Identifier: Apache-2.0 */
/* A session that hears a program: which channels' operators it learns, and what it misses when nobody looks often. */
#include "made_session.h"

#include "base/clock.h"
#include "engine/session.h"
#include "engine/session_impl.h"
#include "trace/writer.h"

#include <poll.h>
#include <string.h>

static struct jb_session *make(const char *sensors, uint64_t interval_ns)
{
    struct jb_session_config config = made_config(sensors);

    config.interval_ns = interval_ns;
    config.ops = JB_OPS_FULL;
    struct jb_session *session = made_session(&config);
    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    return session;
}

static void stop(struct jb_session *session)
{
    struct jb_ending ending = {.status = JB_RUN_FINISHED, .has_exit_code = true};

    jb_wire_detach();
    jb_session_stop(session, &ending);
    jb_session_destroy(session);
}

static struct jb_wire *tell(struct jb_session *session)
{
    struct jb_wire *wire = jb_wire_attach_place(jb_session_ring_place(session));

    assert_non_null(wire);
    for (int i = 0; i < 10; i++) {
        assert_true(jb_wire_begin(wire, JB_EVENT_OPERATOR, jb_wire_intern(wire, "aten::mm"), 0));
        jb_wire_end(wire, JB_EVENT_OPERATOR);
    }
    return wire;
}

/* As the program's main loop does, until it is so. */
static void live_until(struct jb_session *session, bool (*done)(const struct jb_session *session))
{
    uint64_t end_ns = jb_mono_ns() + 20 * JB_NS_PER_S;

    while (!done(session)) {
        struct pollfd fds[] = {{.fd = jb_session_timer_fd(session), .events = POLLIN},
                               {.fd = jb_session_events_fd(session), .events = POLLIN}};
        assert_true(jb_mono_ns() < end_ns);
        assert_true(poll(fds, 2, 20000) > 0);
        if (fds[0].revents != 0) {
            jb_session_tick(session);
        }
        if (fds[1].revents != 0) {
            jb_session_events(session);
        }
    }
}

static bool heard(const struct jb_session *session)
{
    return session->work->seen;
}

static bool has_domain(const struct jb_session *session)
{
    return session->work->domain_count > 1;
}

static bool learns(const struct jb_session *session, unsigned domain)
{
    for (size_t i = 0; i < session->work->learned_count; i++) {
        if (session->work->learned[i].domain == domain) {
            return true;
        }
    }
    return false;
}

static void an_accelerator_is_learned_when_its_kernels_come(void **state)
{
    struct jb_session *session =
        make("fake:watts=100:device=cpu:unit=0,fake:watts=40:device=gpu:unit=0:kind=power", 10 * JB_NS_PER_MS);
    struct jb_wire *wire = tell(session);

    live_until(session, heard);
    assert_true(learns(session, JB_WORK_HOST) && !learns(session, 1));
    struct jb_wire_device *device = jb_wire_device_open(wire, 0, NULL);
    assert_non_null(device);
    uint64_t now_ns = jb_mono_ns();
    assert_int_equal(jb_wire_device_span(device, now_ns - 1000, now_ns, jb_wire_intern(wire, "gemm"), 0), 0);
    live_until(session, has_domain);
    assert_true(learns(session, 1));
    size_t count = session->work->learned_count;
    jb_session_events(session);
    assert_int_equal(session->work->learned_count, count);
    stop(session);
}

/* The ring is looked at, however seldom sensors are read. */
static void a_long_interval_hears_too(void **state)
{
    struct jb_session *session = make("fake:watts=100:device=cpu:unit=0", 60 * JB_NS_PER_S);

    tell(session);
    live_until(session, heard);
    stop(session);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_accelerator_is_learned_when_its_kernels_come),
        cmocka_unit_test(a_long_interval_hears_too),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
