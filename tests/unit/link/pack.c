/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of pack.c with unpack.c: what was packed is what comes out; what does not fit is refused. */
#include "messages.h"

#include <errno.h>

/* Large: not on the stack. */
static struct jb_link_message sent, received;
static char packet[JB_LINK_MAX + 1];

static ssize_t round_trip(struct random *r, enum jb_link_kind kind, uint32_t channels)
{
    message_fill(r, kind, channels, &sent);
    ssize_t length = message_pack(&sent, packet);
    CHECK_SEEDED(r, length >= 8);
    memset(&received, 0xa5, sizeof(received)); /* what unpack leaves alone is seen */
    CHECK_SEEDED(r, jb_link_unpack(packet, (size_t)length, &received) == 0);
    CHECK_SEEDED(r, received.kind == kind);
    return length;
}

/* Texts end at their NUL: what lies behind it in the array is nobody's. Packing again shows that all else is equal. */
static void same_again(struct random *r, ssize_t length)
{
    static char again[JB_LINK_MAX];
    CHECK_SEEDED(r, message_pack(&received, again) == length);
    CHECK_SEEDED(r, memcmp(again, packet, (size_t)length) == 0);
}

static void every_message_comes_out_as_it_went_in(void **state)
{
    struct random r = random_start();
    (void)state;
    for (int round = 0; round < 200; round++) {
        for (int kind = JB_LINK_HELLO; kind <= JB_LINK_WATCH; kind++) {
            ssize_t length = round_trip(&r, (enum jb_link_kind)kind, (uint32_t)random_below(&r, 60));
            same_again(&r, length);
        }
    }
}

static void the_fields_of_a_greeting_are_where_they_belong(void **state)
{
    struct random r = random_start();
    (void)state;
    round_trip(&r, JB_LINK_HELLO, 0);
    assert_int_equal(received.hello.version, JB_LINK_VERSION);
    assert_string_equal(received.hello.run, sent.hello.run);
    assert_string_equal(received.hello.parent, sent.hello.parent);
    assert_int_equal(received.hello.pid, sent.hello.pid);
    assert_int_equal(received.hello.interval_ns, sent.hello.interval_ns);
    assert_string_equal(received.hello.root, sent.hello.root);
    assert_string_equal(received.hello.name, sent.hello.name);
    assert_string_equal(received.hello.project, sent.hello.project);
    assert_string_equal(received.hello.command, sent.hello.command);
    assert_string_equal(received.hello.basis, sent.hello.basis);
    assert_true(received.hello.pue == sent.hello.pue);
    round_trip(&r, JB_LINK_WELCOME, 0);
    assert_string_equal(received.welcome.zone, sent.welcome.zone);
    assert_int_equal(received.welcome.interval_ns, sent.welcome.interval_ns);
    assert_int_equal(received.welcome.db_dev, sent.welcome.db_dev);
    assert_int_equal(received.welcome.db_ino, sent.welcome.db_ino);
    round_trip(&r, JB_LINK_REFUSE, 0);
    assert_int_equal(received.refuse.error, sent.refuse.error);
    assert_string_equal(received.refuse.text, sent.refuse.text);
    assert_string_equal(received.refuse.fix, sent.refuse.fix);
    round_trip(&r, JB_LINK_NEWS, 0);
    assert_string_equal(received.news.phase, sent.news.phase);
    assert_int_equal(received.news.epoch, sent.news.epoch);
    assert_int_equal(received.news.step, sent.news.step);
    round_trip(&r, JB_LINK_PLAN, 0);
    assert_int_equal(received.plan.planned, sent.plan.planned);
    assert_int_equal(received.plan.begun, sent.plan.begun);
    assert_true(received.plan.run_uj == sent.plan.run_uj && received.plan.run_sd_uj == sent.plan.run_sd_uj);
    assert_true(received.plan.duration_s == sent.plan.duration_s);
    assert_true(received.plan.duration_sd_s == sent.plan.duration_sd_s);
    round_trip(&r, JB_LINK_KEPT, 0);
    assert_int_equal(received.kept.error, sent.kept.error);
    assert_string_equal(received.kept.text, sent.kept.text);
}

static void the_fields_of_channels_are_where_they_belong(void **state)
{
    struct random r = random_start();
    (void)state;
    round_trip(&r, JB_LINK_CHANNEL_LIST, 20);
    assert_int_equal(received.list.count, 20);
    for (size_t i = 0; i < 20; i++) {
        const struct jb_link_channel *a = &sent.list.channels[i], *b = &received.list.channels[i];
        assert_string_equal(a->id, b->id);
        assert_string_equal(a->name, b->name);
        assert_string_equal(a->path, b->path);
        assert_string_equal(a->source, b->source);
        assert_string_equal(a->note, b->note);
        assert_string_equal(a->reason, b->reason);
        assert_string_equal(a->fix, b->fix);
        assert_string_equal(a->idle_source, b->idle_source);
        assert_true(a->method == b->method && a->domain == b->domain && a->device == b->device);
        assert_true(a->status == b->status && a->with_memory == b->with_memory && a->rejected == b->rejected);
        assert_true(a->unit == b->unit && a->die == b->die && a->parent == b->parent);
        assert_true(a->mirror_of == b->mirror_of && a->group == b->group && a->preference == b->preference);
        assert_true(a->unit_num == b->unit_num && a->unit_den == b->unit_den && a->wrap == b->wrap);
        assert_true(a->horizon_ns == b->horizon_ns);
        assert_true(a->refresh_ns == b->refresh_ns && a->window_ns == b->window_ns);
        assert_true(a->max_power_uw == b->max_power_uw && a->idle_uw == b->idle_uw);
        assert_true(a->idle_sigma_uw == b->idle_sigma_uw && a->rel_error == b->rel_error);
    }
    round_trip(&r, JB_LINK_TICK, JB_LINK_CHANNELS);
    assert_true(sent.tick.t_ns == received.tick.t_ns && received.tick.count == JB_LINK_CHANNELS);
    for (size_t i = 0; i < JB_LINK_CHANNELS; i++) {
        assert_int_equal(sent.tick.channels[i].t_ns, received.tick.channels[i].t_ns);
        assert_int_equal(sent.tick.channels[i].energy_uj, received.tick.channels[i].energy_uj);
        assert_int_equal(sent.tick.channels[i].status, received.tick.channels[i].status);
        assert_int_equal(sent.tick.channels[i].gap, received.tick.channels[i].gap);
    }
    round_trip(&r, JB_LINK_CUT, JB_LINK_CHANNELS);
    assert_true(sent.cut.kind == received.cut.kind && received.cut.count == JB_LINK_CHANNELS);
    assert_memory_equal(sent.cut.channels, received.cut.channels, sizeof(sent.cut.channels));
}

static void texts_that_are_not_terminated_are_cut(void **state)
{
    struct jb_link_news news = {.epoch = 3, .step = -1};
    (void)state;
    memset(news.phase, 'p', sizeof(news.phase));
    ssize_t length = jb_link_pack_news(&news, packet);
    assert_int_equal(jb_link_unpack(packet, (size_t)length, &received), 0);
    assert_string_equal(received.news.phase, "ppppppppppppppp");
    assert_int_equal(received.news.epoch, 3);
}

static void all_channels_of_a_large_machine_fit(void **state)
{
    (void)state;
    memset(&sent, 0, sizeof(sent));
    sent.list.count = JB_LINK_CHANNELS;
    for (int i = 0; i < JB_LINK_CHANNELS; i++) {
        struct jb_link_channel *c = &sent.list.channels[i];
        snprintf(c->id, sizeof(c->id), "gpu/GPU-00000000-1111-2222-3333-4444444444%02x/board", i);
        snprintf(c->name, sizeof(c->name), "NVIDIA H200 NVL with a name as long as they come, module %d", i);
        snprintf(c->path, sizeof(c->path), "/sys/devices/virtual/powercap/intel-rapl/intel-rapl:%d/energy_uj", i);
        snprintf(c->source, sizeof(c->source), "rapl-powercap");
        snprintf(c->note, sizeof(c->note), "virtual machine: charged for 2 of 128 threads of the socket");
        c->parent = c->mirror_of = c->die = -1;
        if (i % 4 == 0) {
            snprintf(c->reason, sizeof(c->reason), "/dev/cpu/%d/msr: Permission denied; neither may the helper", i);
            snprintf(c->fix, sizeof(c->fix), "sudo joulebook doctor --fix, then log in again");
        }
    }
    ssize_t length = jb_link_pack_channel_list(&sent.list, packet);
    assert_in_range(length, JB_LINK_CHANNELS * 300, JB_LINK_MAX);
    assert_int_equal(jb_link_unpack(packet, (size_t)length, &received), 0);
    assert_int_equal(received.list.count, JB_LINK_CHANNELS);
    assert_string_equal(received.list.channels[255].path, sent.list.channels[255].path);
}

/* Not a byte beyond the buffer is touched. */
static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    packet[JB_LINK_MAX] = 0x5a;
    memset(&sent.list, 0, sizeof(sent.list));
    sent.list.count = JB_LINK_CHANNELS;
    for (size_t i = 0; i < JB_LINK_CHANNELS; i++) {
        struct jb_link_channel *channel = &sent.list.channels[i];
        memset(channel->path, 'x', sizeof(channel->path));
        memset(channel->note, 'x', sizeof(channel->note));
        memset(channel->reason, 'x', sizeof(channel->reason));
    }
    assert_int_equal(jb_link_pack_channel_list(&sent.list, packet), -E2BIG);
    sent.list.count = JB_LINK_CHANNELS + 1;
    assert_int_equal(jb_link_pack_channel_list(&sent.list, packet), -E2BIG);
    sent.tick.count = JB_LINK_CHANNELS + 1;
    assert_int_equal(jb_link_pack_tick(&sent.tick, packet), -E2BIG);
    sent.cut.count = UINT32_MAX;
    assert_int_equal(jb_link_pack_cut(&sent.cut, packet), -E2BIG);
    static char text[JB_LINK_MAX];
    memset(text, ' ', sizeof(text));
    assert_int_equal(jb_link_pack_live(text, JB_LINK_MAX - 7, packet), -E2BIG);
    assert_int_equal(jb_link_pack_live(text, JB_LINK_MAX - 8, packet), JB_LINK_MAX);
    assert_int_equal(packet[JB_LINK_MAX], 0x5a);
}

static void a_live_text_stays_in_its_packet(void **state)
{
    (void)state;
    ssize_t length = jb_link_pack_live("{\"seq\": 1}", 10, packet);
    assert_int_equal(jb_link_unpack(packet, (size_t)length, &received), 0);
    assert_int_equal(received.live.length, 10);
    assert_ptr_equal(received.live.text, packet + length - 10);
    assert_memory_equal(received.live.text, "{\"seq\": 1}", 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_out_as_it_went_in),
        cmocka_unit_test(the_fields_of_a_greeting_are_where_they_belong),
        cmocka_unit_test(the_fields_of_channels_are_where_they_belong),
        cmocka_unit_test(texts_that_are_not_terminated_are_cut),
        cmocka_unit_test(all_channels_of_a_large_machine_fit),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_live_text_stays_in_its_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
