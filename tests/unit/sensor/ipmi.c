/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "sensor/ipmi/bmc.h"
#include "sensor/ipmi/dcmi.h"

#include <linux/ipmi.h>
#include <sys/ioctl.h>

extern const struct jb_sensor_driver jb_sensor_ipmi;

#define CAPABILITIES "00 dc 01 05 02 00 01 07\n"
/* 340 W now, 60 to 512 W, 322 W in the mean, over 1 s, active */
#define POWER "00 dc 54 01 3c 00 00 02 42 01 31 66 21 65 e8 03 00 00 40\n"

static uint64_t power_w(struct tree *tree)
{
    tree_read(tree);
    const struct jb_reading *reading = tree_reading(tree, "node/ipmi");
    assert_int_equal(reading->status, JB_OK);
    return reading->raw;
}

static void the_current_power_is_read(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/ipmi/dcmi-01", CAPABILITIES);
    tree_write(tree, "/ipmi/dcmi-02", POWER);
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), 0);
    const struct jb_channel *channel = tree_channel(tree, "node/ipmi");
    assert_int_equal(channel->domain, JB_DOMAIN_NODE);
    assert_int_equal(channel->unit_num, 1000000);
    assert_int_equal(channel->unit_den, 1);
    assert_int_equal(channel->window_ns, 1000000000);
    assert_string_equal(channel->name, "BMC, DCMI 1.5");
    assert_true(channel->rel_error > 0);
    assert_int_equal(power_w(tree), 340);
}

static void a_period_of_a_month_is_no_window(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/ipmi/dcmi-01", CAPABILITIES);
    tree_write(tree, "/ipmi/dcmi-02", "00 dc 54 01 3c 00 00 02 42 01 31 66 21 65 f0 4a 0d a0 40\n");
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), 0);
    assert_int_equal(tree_channel(tree, "node/ipmi")->window_ns, 0);
}

static void a_failed_reading_is_that_readings_only(void **state)
{
    struct tree *tree = *state;
    static const char *const wrong[] = {
        "c0\n", /* node busy */
        "c1\n", /* even this */
        "ff\n",
        "",
        "00\n",
        "00 dc\n",
        "00 db 54 01\n",
        "zz\n",
        "0\n",                                                        /* garbage, cut short */
        "00 dc 54 01 3c 00 00 02 42 01 31 66 21 65 e8 03 00 00\n",    /* without its last byte */
        "00 dc 54 01 3c 00 00 02 42 01 31 66 21 65 e8 03 00 00 00\n", /* not active now */
        "00 dc 00 00 00 00 00 00 00 00 31 66 21 65 e8 03 00 00 40\n", /* nothing */
        "00 dc ff ff ff ff ff ff ff ff 31 66 21 65 e8 03 00 00 40\n", /* 0xFFFF */
    };
    tree_write(tree, "/ipmi/dcmi-01", CAPABILITIES);
    tree_write(tree, "/ipmi/dcmi-02", POWER);
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        tree_write(tree, "/ipmi/dcmi-02", wrong[i]);
        tree_read(tree);
        assert_int_equal(tree_reading(tree, "node/ipmi")->status, JB_FAILED);
    }
    tree_write(tree, "/ipmi/dcmi-02", POWER);
    assert_int_equal(power_w(tree), 340);
}

static void a_hiccup_at_the_start_does_not_lose_the_channel(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/ipmi/dcmi-01", CAPABILITIES);
    tree_write(tree, "/ipmi/dcmi-02", "c0\n");
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), 0);
    assert_non_null(strstr(tree_channel(tree, "node/ipmi")->note, "first asked"));
    tree_write(tree, "/ipmi/dcmi-02", POWER);
    assert_int_equal(power_w(tree), 340);
}

static void a_bmc_without_dcmi_is_unsupported_and_the_code_is_told(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/ipmi/dcmi-01", "c1\n");
    tree_write(tree, "/ipmi/dcmi-02", POWER);
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), -ENODEV);
    assert_int_equal(tree_channel(tree, "node/ipmi")->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree->diag.text, "invalid command (0xC1)"));
    tree_read(tree);
    assert_int_equal(tree->sink.count, 0);
}

static void a_bmc_that_measures_no_power_is_unsupported(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/ipmi/dcmi-01", CAPABILITIES);
    tree_write(tree, "/ipmi/dcmi-02", "c1\n");
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), -ENODEV);
    assert_int_equal(tree_channel(tree, "node/ipmi")->status, JB_UNSUPPORTED);
    tree_write(tree, "/ipmi/dcmi-02", "00 dc 54 01 3c 00 00 02 42 01 31 66 21 65 e8 03 00 00 00\n");
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), -ENODEV);
    assert_non_null(strstr(tree->diag.text, "not active"));
    tree_write(tree, "/ipmi/dcmi-02", "00 dc 54 01\n");
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), -ENODEV);
    tree_remove(tree, "/ipmi/dcmi-02");
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), -ENODEV);
}

static void the_bit_where_openbmc_had_it_is_known(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/ipmi/dcmi-01", CAPABILITIES);
    tree_write(tree, "/ipmi/dcmi-02", "00 dc 54 01 54 01 54 01 54 01 31 66 21 65 01 00 00 00 02\n");
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), 0);
    assert_int_equal(power_w(tree), 340);
}

static void without_a_bmc_nothing_is_said_and_without_its_driver_the_command(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
    assert_string_equal(tree->diag.fix, "");
    tree_write(tree, "/sys/firmware/dmi/entries/38-0/type", "38\n");
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), -ENODEV);
    assert_non_null(strstr(tree->diag.fix, "modprobe -a ipmi_si ipmi_devintf"));
}

static void a_fifo_does_not_hold_us_up(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    tree_write(tree, "/ipmi/dcmi-01", CAPABILITIES);
    tree_path(tree, "/ipmi/dcmi-02", path);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_int_equal(tree_open(tree, &jb_sensor_ipmi, NULL), -ENODEV);
}

/* A kernel that has a queue of answers. */
static struct kernel {
    struct {
        int type;
        long id_offset; /* from the request's number */
        uint8_t netfn, command, data[8];
        unsigned short length;
        int err;
    } queue[80];
    int count, at, sent, send_err, poll_result;
    long id;
    unsigned char request[8];
    unsigned short request_length;
    int interrupts;
} kernel;

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
    assert_int_equal(fd, 77);
    if (request == IPMICTL_SEND_COMMAND) {
        const struct ipmi_req *sent = arg;
        const struct ipmi_system_interface_addr *to = (const void *)sent->addr;
        assert_int_equal(to->addr_type, IPMI_SYSTEM_INTERFACE_ADDR_TYPE);
        assert_int_equal(to->channel, IPMI_BMC_CHANNEL);
        assert_int_equal(sent->msg.netfn, 0x2c);
        kernel.id = sent->msgid;
        kernel.sent++;
        kernel.request_length = sent->msg.data_len;
        memcpy(kernel.request, sent->msg.data, sent->msg.data_len);
        errno = kernel.send_err;
        return kernel.send_err ? -1 : 0;
    }
    assert_true(request == IPMICTL_RECEIVE_MSG_TRUNC);
    struct ipmi_recv *answer = arg;
    assert_true(kernel.at < kernel.count);
    int at = kernel.at++;
    answer->recv_type = kernel.queue[at].type;
    answer->msgid = kernel.id + kernel.queue[at].id_offset;
    answer->msg.netfn = kernel.queue[at].netfn;
    answer->msg.cmd = kernel.queue[at].command;
    bool cut = kernel.queue[at].length > answer->msg.data_len;
    answer->msg.data_len = cut ? answer->msg.data_len : kernel.queue[at].length;
    memcpy(answer->msg.data, kernel.queue[at].data, answer->msg.data_len);
    errno = kernel.queue[at].err ? kernel.queue[at].err : EMSGSIZE;
    return kernel.queue[at].err || cut ? -1 : 0;
}

static int fake_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    assert_int_equal(count, 1);
    assert_true(timeout_ms > 0);
    fds[0].revents = POLLIN;
    if (kernel.interrupts > 0) {
        kernel.interrupts--;
        errno = EINTR;
        return -1;
    }
    errno = EIO;
    return kernel.poll_result ? kernel.poll_result : kernel.at < kernel.count;
}

static const struct jb_bmc_calls fake_calls = {.ioctl = fake_ioctl, .poll = fake_poll};

static void queue(int type, long id_offset, uint8_t netfn, uint8_t command, uint8_t mark)
{
    int at = kernel.count++;
    kernel.queue[at].type = type;
    kernel.queue[at].id_offset = id_offset;
    kernel.queue[at].netfn = netfn;
    kernel.queue[at].command = command;
    kernel.queue[at].data[0] = mark;
    kernel.queue[at].length = 3;
}

static int ask(uint8_t *answer, size_t size)
{
    static struct jb_bmc bmc;
    static const uint8_t data[] = {0xdc, 1, 0, 0};
    bmc.calls = &fake_calls;
    bmc.fd = 77;
    return jb_bmc_ask(&bmc, NULL, 0x2c, 0x02, data, sizeof(data), answer, size, 1000);
}

static void answers_to_others_and_late_ones_are_passed_over(void **state)
{
    (void)state;
    uint8_t answer[8] = {0};
    memset(&kernel, 0, sizeof(kernel));
    queue(IPMI_RESPONSE_RECV_TYPE, -1, 0x2d, 0x02, 1); /* the one before, late */
    queue(IPMI_ASYNC_EVENT_RECV_TYPE, 0, 0x2d, 0x02, 2);
    queue(IPMI_RESPONSE_RECV_TYPE, 0, 0x2d, 0x01, 3);
    queue(IPMI_RESPONSE_RECV_TYPE, 0, 0x07, 0x02, 4);
    queue(IPMI_RESPONSE_RECV_TYPE, 0, 0x2d, 0x02, 5);
    kernel.interrupts = 3;
    assert_int_equal(ask(answer, sizeof(answer)), 3);
    assert_int_equal(answer[0], 5);
    assert_int_equal(kernel.request_length, 4);
    assert_int_equal(kernel.request[0], 0xdc);
}

static void an_answer_that_does_not_come_is_a_timeout(void **state)
{
    (void)state;
    uint8_t answer[8];
    memset(&kernel, 0, sizeof(kernel));
    assert_int_equal(ask(answer, sizeof(answer)), -ETIMEDOUT);
    for (int i = 0; i < 80; i++) { /* a device that others keep busy does not keep us */
        queue(IPMI_RESPONSE_RECV_TYPE, -1, 0x2d, 0x02, 1);
    }
    assert_int_equal(ask(answer, sizeof(answer)), -EIO);
}

static void a_long_answer_is_cut(void **state)
{
    (void)state;
    uint8_t answer[2];
    memset(&kernel, 0, sizeof(kernel));
    queue(IPMI_RESPONSE_RECV_TYPE, 0, 0x2d, 0x02, 9);
    assert_int_equal(ask(answer, sizeof(answer)), 2);
    assert_int_equal(answer[0], 9);
}

static void errors_of_the_kernel_are_told(void **state)
{
    (void)state;
    uint8_t answer[8];
    memset(&kernel, 0, sizeof(kernel));
    kernel.send_err = ENODEV;
    assert_int_equal(ask(answer, sizeof(answer)), -ENODEV);
    kernel.send_err = 0;
    queue(IPMI_RESPONSE_RECV_TYPE, 0, 0x2d, 0x02, 9);
    kernel.queue[0].err = EFAULT;
    assert_int_equal(ask(answer, sizeof(answer)), -EFAULT);
    kernel.poll_result = -1;
    assert_int_equal(ask(answer, sizeof(answer)), -EIO);
}

static void bytes_are_read_from_their_digits(void **state)
{
    (void)state;
    uint8_t bytes[4];
    assert_int_equal(jb_dcmi_parse_hex("00 dC\nFf", bytes, 4), 3);
    assert_int_equal(bytes[1], 0xdc);
    assert_int_equal(bytes[2], 0xff);
    assert_int_equal(jb_dcmi_parse_hex("", bytes, 4), 0);
    assert_int_equal(jb_dcmi_parse_hex(" \n ", bytes, 4), 0);
    assert_int_equal(jb_dcmi_parse_hex("0", bytes, 4), -EINVAL);
    assert_int_equal(jb_dcmi_parse_hex("0x00", bytes, 4), -EINVAL);
    assert_int_equal(jb_dcmi_parse_hex("00 11 22 33 44", bytes, 4), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_current_power_is_read, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_period_of_a_month_is_no_window, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_failed_reading_is_that_readings_only, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_hiccup_at_the_start_does_not_lose_the_channel, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_bmc_without_dcmi_is_unsupported_and_the_code_is_told, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(a_bmc_that_measures_no_power_is_unsupported, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(the_bit_where_openbmc_had_it_is_known, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(without_a_bmc_nothing_is_said_and_without_its_driver_the_command, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(a_fifo_does_not_hold_us_up, tree_setup, tree_teardown),
        cmocka_unit_test(answers_to_others_and_late_ones_are_passed_over),
        cmocka_unit_test(an_answer_that_does_not_come_is_a_timeout),
        cmocka_unit_test(a_long_answer_is_cut),
        cmocka_unit_test(errors_of_the_kernel_are_told),
        cmocka_unit_test(bytes_are_read_from_their_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
