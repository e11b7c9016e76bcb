/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of unpack.c: whatever comes in, each field is in its bounds or the packet is refused. */
#include "messages.h"

#include "sensor/sensor.h"

#include <errno.h>
#include <math.h>

static struct jb_link_message message, received;
static char packet[JB_LINK_MAX];

/* From memory of its own size, so that reading beyond it is seen by a sanitizer. */
static int unpack_exactly(const char *bytes, size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    int error = jb_link_unpack(copy, length, &received);
    free(copy);
    return error;
}

static void a_packet_that_was_cut_short_is_refused(void **state)
{
    struct random r = random_start();
    (void)state;
    for (int kind = JB_LINK_HELLO; kind <= JB_LINK_WATCH; kind++) {
        message_fill(&r, (enum jb_link_kind)kind, 3, &message);
        ssize_t length = message_pack(&message, packet);
        for (ssize_t cut = 0; cut < length; cut++) {
            CHECK_SEEDED(&r, unpack_exactly(packet, (size_t)cut) == -EBADMSG);
        }
        assert_int_equal(unpack_exactly(packet, (size_t)length), 0);
    }
}

static void bytes_behind_the_last_field_are_refused(void **state)
{
    struct random r = random_start();
    (void)state;
    for (int kind = JB_LINK_HELLO; kind <= JB_LINK_WATCH; kind++) {
        message_fill(&r, (enum jb_link_kind)kind, 3, &message);
        ssize_t length = message_pack(&message, packet);
        packet[length] = 0;
        assert_int_equal(unpack_exactly(packet, (size_t)length + 1), -EBADMSG);
    }
}

/* What is let through after bytes were changed can be packed again: nothing in it is out of bounds. */
static void changed_bytes_are_refused_or_within_bounds(void **state)
{
    static char again[JB_LINK_MAX];
    struct random r = random_start();
    size_t refused = 0, taken = 0;
    (void)state;
    for (int round = 0; round < 3000; round++) {
        int kind = JB_LINK_HELLO + (int)random_below(&r, JB_LINK_WATCH);
        message_fill(&r, (enum jb_link_kind)kind, (uint32_t)random_below(&r, 4), &message);
        ssize_t length = message_pack(&message, packet);
        for (size_t flips = 1 + random_below(&r, 3); flips > 0; flips--) {
            packet[random_below(&r, (size_t)length)] ^= (char)(1u << random_below(&r, 8));
        }
        int error = unpack_exactly(packet, (size_t)length);
        CHECK_SEEDED(&r, error == 0 || error == -EBADMSG || error == -EPROTONOSUPPORT);
        if (error == 0 && received.kind != JB_LINK_LIVE) { /* whose text was in the memory that is freed */
            CHECK_SEEDED(&r, message_pack(&received, again) >= 8);
        }
        refused += error != 0;
        taken += error == 0;
    }
    assert_true(refused > 100 && taken > 100); /* else nothing was looked at */
}

static void a_kind_of_another_version_is_told_from_what_is_no_message(void **state)
{
    (void)state;
    assert_int_equal(jb_link_pack_empty(JB_LINK_WATCH, packet), 8);
    const uint32_t kinds[] = {JB_LINK_PLAN + 1, 1000, UINT32_MAX};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        memcpy(packet + 4, &kinds[i], 4);
        assert_int_equal(unpack_exactly(packet, 8), -EPROTONOSUPPORT);
        assert_int_equal(unpack_exactly(packet, 100), -EPROTONOSUPPORT);
    }
    memset(packet + 4, 0, 4);
    assert_int_equal(unpack_exactly(packet, 8), -EBADMSG);
    memset(packet, 0, 8);
    packet[4] = JB_LINK_WATCH;
    assert_int_equal(unpack_exactly(packet, 8), -EBADMSG);
    assert_int_equal(unpack_exactly("GET / HTTP/1.1\r\n", 16), -EBADMSG);
}

/* So that it can be told why it is refused. */
static void of_a_greeting_in_another_version_only_that_is_read(void **state)
{
    struct random r = random_start();
    (void)state;
    message_fill(&r, JB_LINK_HELLO, 0, &message);
    message.hello.version = JB_LINK_VERSION + 1;
    jb_link_pack_hello(&message.hello, packet);
    memset(packet + 12, 0xff, 500); /* whatever that may mean */
    assert_int_equal(unpack_exactly(packet, 512), 0);
    assert_int_equal(received.hello.version, JB_LINK_VERSION + 1);
    assert_string_equal(received.hello.run, "");
    assert_int_equal(received.hello.pid, 0);
    struct jb_link_welcome welcome = {.version = 7};
    ssize_t length = jb_link_pack_welcome(&welcome, packet);
    assert_int_equal(unpack_exactly(packet, (size_t)length), 0);
    assert_int_equal(received.welcome.version, 7);
}

static int channels_with(void (*change)(struct jb_link_channel_list *))
{
    memset(&message, 0, sizeof(message));
    message.kind = JB_LINK_CHANNEL_LIST;
    message.list.count = 3;
    for (size_t i = 0; i < 3; i++) {
        message.list.channels[i].parent = message.list.channels[i].mirror_of = -1;
    }
    change(&message.list);
    ssize_t length = message_pack(&message, packet);
    assert_true(length > 0);
    return unpack_exactly(packet, (size_t)length);
}

#define CHANGE(name, statement)                                                                                        \
    static void name(struct jb_link_channel_list *list)                                                                \
    {                                                                                                                  \
        statement;                                                                                                     \
    }
CHANGE(nothing, (void)list)
CHANGE(chain, (list->channels[0].parent = 1, list->channels[1].parent = 2, list->channels[2].mirror_of = 0))
CHANGE(method_3, list->channels[1].method = JB_METHOD_MODELLED + 1)
CHANGE(domain_10, list->channels[1].domain = JB_DOMAIN_NODE + 1)
CHANGE(device_4, list->channels[1].device = JB_DEVICE_BOARD + 1)
CHANGE(status_6, list->channels[1].status = JB_TIMEOUT + 1)
CHANGE(parent_3, list->channels[1].parent = 3)
CHANGE(parent_below, list->channels[1].parent = -2)
CHANGE(parent_itself, list->channels[1].parent = 1)
CHANGE(parents_in_a_ring, (list->channels[0].parent = 1, list->channels[1].parent = 2, list->channels[2].parent = 0))
CHANGE(mirror_3, list->channels[1].mirror_of = 3)
CHANGE(mirror_itself, list->channels[1].mirror_of = 1)
CHANGE(mirrors_mirror, (list->channels[0].mirror_of = 1, list->channels[1].mirror_of = 2))
CHANGE(unit_below, list->channels[1].unit = -2)
CHANGE(die_below, list->channels[1].die = INT32_MIN)
CHANGE(group_below, list->channels[1].group = -1)
CHANGE(error_nan, list->channels[1].rel_error = (double)NAN)
CHANGE(error_inf, list->channels[1].rel_error = (double)INFINITY)
CHANGE(error_below, list->channels[1].rel_error = -0.1)

static void channels_that_cannot_be_are_refused(void **state)
{
    void (*const bad[])(struct jb_link_channel_list *) = {
        method_3,      domain_10,         device_4,  status_6,      parent_3,       parent_below,
        parent_itself, parents_in_a_ring, mirror_3,  mirror_itself, mirrors_mirror, unit_below,
        die_below,     group_below,       error_nan, error_inf,     error_below,
    };
    (void)state;
    assert_int_equal(channels_with(nothing), 0);
    assert_int_equal(channels_with(chain), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (channels_with(bad[i]) != -EBADMSG) {
            fail_msg("change %zu was taken", i);
        }
    }
}

/* The byte or number at `offset` behind kind and magic. */
static int with_bytes(const struct jb_link_message *changed, size_t offset, const void *bytes, size_t size)
{
    ssize_t length = message_pack(changed, packet);
    assert_true(length > 0 && 8 + offset + size <= (size_t)length);
    memcpy(packet + 8 + offset, bytes, size);
    return unpack_exactly(packet, (size_t)length);
}

static void counts_choices_and_truths_are_bounded(void **state)
{
    const uint32_t many = JB_LINK_CHANNELS + 1, all = UINT32_MAX;
    const uint8_t two = 2, three = 3, six = JB_TIMEOUT + 1;
    (void)state;
    memset(&message, 0, sizeof(message));
    message.kind = JB_LINK_TICK;
    message.tick.count = 1;
    assert_int_equal(with_bytes(&message, 8, &many, 4), -EBADMSG);
    assert_int_equal(with_bytes(&message, 8, &all, 4), -EBADMSG);
    assert_int_equal(with_bytes(&message, 28, &six, 1), -EBADMSG); /* status */
    assert_int_equal(with_bytes(&message, 29, &two, 1), -EBADMSG); /* gap */
    memset(&message, 0, sizeof(message));
    message.kind = JB_LINK_CUT;
    message.cut.count = 1;
    assert_int_equal(with_bytes(&message, 0, &two, 1), 0);
    assert_int_equal(with_bytes(&message, 0, &three, 1), -EBADMSG); /* kind */
    assert_int_equal(with_bytes(&message, 1, &many, 4), -EBADMSG);
}

static int unpack_of(const struct jb_link_message *changed)
{
    ssize_t length = message_pack(changed, packet);
    assert_true(length > 0);
    return unpack_exactly(packet, (size_t)length);
}

static void numbers_that_mean_nothing_are_refused(void **state)
{
    struct random r = random_start();
    const double pues[] = {(double)NAN, (double)INFINITY, -1, 0, 0.99, 10.01};
    (void)state;
    for (size_t i = 0; i < sizeof(pues) / sizeof(pues[0]); i++) {
        message_fill(&r, JB_LINK_HELLO, 0, &message);
        message.hello.pue = pues[i];
        assert_int_equal(unpack_of(&message), -EBADMSG);
    }
    message_fill(&r, JB_LINK_HELLO, 0, &message);
    message.hello.pid = -1;
    assert_int_equal(unpack_of(&message), -EBADMSG);
    message_fill(&r, JB_LINK_NEWS, 0, &message);
    message.news.epoch = -2;
    assert_int_equal(unpack_of(&message), -EBADMSG);
    for (size_t i = 0; i < 4; i++) {
        const double wrong[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, -1.5};
        message_fill(&r, JB_LINK_PLAN, 0, &message);
        message.plan.run_uj = wrong[i];
        assert_int_equal(unpack_of(&message), -EBADMSG);
        message_fill(&r, JB_LINK_PLAN, 0, &message);
        message.plan.duration_sd_s = wrong[i];
        assert_int_equal(unpack_of(&message), -EBADMSG);
    }
    message_fill(&r, JB_LINK_PLAN, 0, &message);
    message.plan.planned = 1u << 31; /* no plan */
    assert_int_equal(unpack_of(&message), -EBADMSG);
    message.plan.planned = 1;
    message.plan.begun = UINT32_MAX;
    assert_int_equal(unpack_of(&message), -EBADMSG);
    message_fill(&r, JB_LINK_REFUSE, 0, &message);
    message.refuse.error = 0;
    assert_int_equal(unpack_of(&message), -EBADMSG);
    message_fill(&r, JB_LINK_KEPT, 0, &message);
    message.kept.error = 1;
    assert_int_equal(unpack_of(&message), -EBADMSG);
}

static void texts_are_neither_too_long_nor_cut_by_a_nul(void **state)
{
    const uint16_t sixteen = 16;
    (void)state;
    memset(&message, 0, sizeof(message));
    message.kind = JB_LINK_NEWS;
    memcpy(message.news.phase, "fifteen letters", 15);
    message.news.epoch = message.news.step = -1;
    assert_int_equal(unpack_of(&message), 0);
    assert_string_equal(received.news.phase, "fifteen letters");
    assert_int_equal(with_bytes(&message, 2 + 7, "", 1), -EBADMSG);
    /* One byte longer than the array with its NUL; the rest of the packet is moved to where it then belongs. */
    ssize_t length = message_pack(&message, packet);
    memmove(packet + 8 + 2 + 16, packet + 8 + 2 + 15, (size_t)length - 8 - 2 - 15);
    memcpy(packet + 8, &sixteen, 2);
    packet[8 + 2 + 15] = 's';
    assert_int_equal(unpack_exactly(packet, (size_t)length + 1), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_that_was_cut_short_is_refused),
        cmocka_unit_test(bytes_behind_the_last_field_are_refused),
        cmocka_unit_test(changed_bytes_are_refused_or_within_bounds),
        cmocka_unit_test(a_kind_of_another_version_is_told_from_what_is_no_message),
        cmocka_unit_test(of_a_greeting_in_another_version_only_that_is_read),
        cmocka_unit_test(channels_that_cannot_be_are_refused),
        cmocka_unit_test(counts_choices_and_truths_are_bounded),
        cmocka_unit_test(numbers_that_mean_nothing_are_refused),
        cmocka_unit_test(texts_are_neither_too_long_nor_cut_by_a_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
