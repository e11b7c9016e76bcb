/* SPDX-License-Identifier: Apache-2.0 */
/* The history's thread: whatever the disk does, no joule is lost, nobody waits, and each job is answered. */
#include "daemon_world.h"

#include "engine/history_writer.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/socket.h>

#define MACHINE "0123456789abcdef"
#define ROW_UJ  1000u

struct disk {
    char folder[64], below[96], db[128];
    struct jb_history_writer *writer;
    int64_t end_ns;
    uint64_t added_uj, added_ns;
};

static const struct jb_history_limits for_ever = {{0, 0, 0}};

static void disk_make(struct disk *disk)
{
    *disk = (struct disk){.end_ns = 1795305600 * (int64_t)JB_NS_PER_S};
    jb_copy(disk->folder, sizeof(disk->folder), "/tmp/jb-history-XXXXXX");
    assert_non_null(mkdtemp(disk->folder));
    snprintf(disk->below, sizeof(disk->below), "%s/below", disk->folder);
    snprintf(disk->db, sizeof(disk->db), "%s/x.db", disk->below);
}

static void disk_end(struct disk *disk)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char path[160];

    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", disk->db, endings[i]);
        unlink(path);
    }
    rmdir(disk->below);
    unlink(disk->below);
    assert_int_equal(rmdir(disk->folder), 0);
}

static void writer_begin(struct disk *disk)
{
    struct jb_history_channel channel = {.device = "cpu", .name = "n", .source = "fake", .method = "counter"};

    assert_int_equal(jb_history_writer_create(disk->db, MACHINE, &for_ever, &disk->writer), 0);
    for (size_t i = 0; i < 3; i++) {
        snprintf(channel.id, sizeof(channel.id), "channel-%zu", i);
        channel.in_total = i != 1;
        jb_history_writer_describe(disk->writer, i, &channel);
    }
}

/* A second: the same array each time, as the meter has it. */
static struct jb_history_value values[3];
static void add_second(struct disk *disk)
{
    uint64_t number = (uint64_t)(disk->end_ns / (int64_t)JB_NS_PER_S) % 97; /* each row is another */
    disk->end_ns += (int64_t)JB_NS_PER_S;
    for (size_t i = 0; i < 3; i++) {
        values[i] = (struct jb_history_value){.energy_uj = ROW_UJ * (i + 1) + number,
                                              .runs_uj = 10,
                                              .idle_uj = 20,
                                              .covered_ns = JB_NS_PER_S,
                                              .min_mw = 1,
                                              .max_mw = 2};
        disk->added_uj += i != 1 ? values[i].energy_uj : 0;
    }
    struct jb_history_row row = {
        .end_ns = disk->end_ns, .length_ns = JB_NS_PER_S, .g_per_kwh = 400, .channel_count = 3, .values = values};
    disk->added_ns += JB_NS_PER_S;
    jb_history_writer_add(disk->writer, &row);
    memset(values, 0xff, sizeof(values)); /* it is the caller's again */
}

static int state_of(struct disk *disk)
{
    struct jb_diag diag = {0};
    uint64_t dev, ino;
    int error = jb_history_writer_state(disk->writer, &diag, &dev, &ino);

    assert_int_equal(strlen(diag.text) > 0, error < 0);
    return error;
}

static void await_state(struct disk *disk, bool good)
{
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;

    while ((state_of(disk) == 0) != good) {
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 20);
    }
}

static void assert_kept(const struct disk *disk)
{
    struct jb_store *store;
    struct jb_history_sum sum;
    struct jb_diag diag = {0};

    assert_int_equal(jb_store_open(disk->db, JB_STORE_READ, &store, &diag), 0);
    if (jb_history_sum(store, MACHINE, &sum, &diag) < 0) {
        fail_msg("%s", diag.text);
    }
    assert_int_equal(sum.energy_uj, disk->added_uj);
    assert_int_equal(sum.covered_ns, disk->added_ns);
    jb_store_close(store);
}

static void what_is_added_is_kept(void **state)
{
    struct disk disk;
    disk_make(&disk);
    writer_begin(&disk);
    for (int i = 0; i < 200; i++) {
        add_second(&disk);
        poll(NULL, 0, i % 10 == 0);
    }
    assert_int_equal(jb_history_writer_destroy(disk.writer, LONG_NS), 0);
    assert_kept(&disk);
    disk_end(&disk);
}

/* The folder is a file; then it is mended. What came meanwhile was added up. */
static void a_database_that_cannot_be_opened_is_opened_later(void **state)
{
    for (int wait = 0; wait < 2; wait++) {
        struct disk disk;
        disk_make(&disk);
        int fd = open(disk.below, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        close(fd);
        writer_begin(&disk);
        await_state(&disk, false);
        for (int i = 0; i < 100; i++) {
            add_second(&disk);
        }
        assert_int_equal(unlink(disk.below), 0);
        if (wait) { /* found out by itself, ... */
            await_state(&disk, true);
        }
        assert_int_equal(jb_history_writer_destroy(disk.writer, LONG_NS), 0); /* ... or at the end */
        assert_kept(&disk);
        disk_end(&disk);
    }
}

/* Somebody else holds the file for longer than we wait for it. */
static sqlite3 *hold(const struct disk *disk)
{
    sqlite3 *database;

    assert_int_equal(sqlite3_open(disk->db, &database), SQLITE_OK);
    sqlite3_busy_timeout(database, 5000);
    assert_int_equal(sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return database;
}

static void let_go(sqlite3 *database)
{
    assert_int_equal(sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void rows_that_cannot_be_written_are_added_up(void **state)
{
    struct disk disk;
    disk_make(&disk);
    writer_begin(&disk);
    add_second(&disk);
    await_state(&disk, true);
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    while (access(disk.db, F_OK) < 0) {
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 10);
    }
    sqlite3 *held = hold(&disk);
    for (int i = 0; i < 120; i++) { /* more than there is room for, before and while one is being tried */
        add_second(&disk);
        poll(NULL, 0, i % 20 == 0 ? 20 : 0);
    }
    await_state(&disk, false);
    for (int i = 0; i < 40; i++) {
        add_second(&disk);
    }
    let_go(held);
    await_state(&disk, true);
    assert_int_equal(jb_history_writer_destroy(disk.writer, LONG_NS), 0);
    assert_kept(&disk);
    disk_end(&disk);
}

static void a_row_that_cannot_be_is_dropped(void **state)
{
    struct disk disk;
    struct jb_history_value bad[1] = {{.energy_uj = 5, .runs_uj = 6, .covered_ns = JB_NS_PER_S}};
    struct jb_history_row rows[2] = {
        {.length_ns = JB_NS_PER_S, .channel_count = 1, .values = bad, .g_per_kwh = NAN},
        {.length_ns = 0, .channel_count = 0, .values = bad, .g_per_kwh = NAN},
    };
    disk_make(&disk);
    writer_begin(&disk);
    add_second(&disk);
    for (size_t i = 0; i < 2; i++) {
        rows[i].end_ns = disk.end_ns + 1000;
        jb_history_writer_add(disk.writer, &rows[i]);
        add_second(&disk);
    }
    assert_int_equal(jb_history_writer_destroy(disk.writer, LONG_NS), 0);
    assert_kept(&disk);
    disk_end(&disk);
}

static unsigned count_threads(void)
{
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/task");

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static void its_end_does_not_wait_for_a_disk(void **state)
{
    struct disk disk;
    disk_make(&disk);
    unsigned threads = count_threads();
    writer_begin(&disk);
    add_second(&disk);
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    while (access(disk.db, F_OK) < 0) {
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 10);
    }
    sqlite3 *held = hold(&disk);
    add_second(&disk);
    uint64_t begin_ns = jb_mono_ns();
    int r = jb_history_writer_destroy(disk.writer, 300 * JB_NS_PER_MS);
    assert_true(jb_mono_ns() - begin_ns < 3 * JB_NS_PER_S);
    assert_true(r == -ETIMEDOUT);
    let_go(held);
    while (count_threads() > threads) { /* it frees what it holds and goes */
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 20);
    }
    disk_end(&disk);
}

/* ---- runs that are handed in ---- */

static void make_run(const struct disk *disk, char *ret_id, int *ret_fd)
{
    char path[128];
    struct jb_session *session;
    struct jb_diag diag = {0};
    struct jb_intensity intensity = {.zone = "X", .g_per_kwh = 400, .factor = "lifecycle"};
    struct jb_store *store;
    snprintf(path, sizeof(path), "%s/run.db", disk->folder);
    struct jb_session_config config = {.sensors = "fake:watts=10:unit=0",
                                       .db_path = path,
                                       .interval_ns = 20 * JB_NS_PER_MS,
                                       .open_wait_ns = JB_NS_PER_S,
                                       .basis = "machine",
                                       .pue = 1,
                                       .intensity = &intensity};
    struct jb_ending ending = {.status = JB_RUN_FINISHED};

    assert_int_equal(jb_session_create(&config, &session, &diag), 0);
    assert_int_equal(jb_session_start(session, 0, &diag), 0);
    poll(NULL, 0, 100);
    jb_session_tick(session);
    jb_session_stop(session, &ending);
    assert_true(jb_session_stored(session));
    jb_copy(ret_id, JB_RUN_ID_TEXT, jb_session_record(session)->id);
    jb_session_destroy(session);
    assert_int_equal(jb_store_open(path, JB_STORE_READ, &store, &diag), 0);
    assert_int_equal(jb_store_hand_over(store, ret_id, ret_fd, &diag), 0);
    jb_store_close(store);
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char name[144];
        snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        unlink(name);
    }
}

static int word_on(int fd)
{
    static unsigned char buffer[JB_LINK_MAX];
    static struct jb_link_message message;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int descriptor;

    assert_true(poll(&wait, 1, 20000) > 0);
    ssize_t length = jb_link_receive(fd, buffer, &descriptor);
    assert_true(length > 0);
    assert_int_equal(jb_link_unpack(buffer, (size_t)length, &message), 0);
    assert_int_equal(message.kind, JB_LINK_KEPT);
    assert_int_equal(strlen(message.kept.text) > 0, message.kept.error < 0);
    return message.kept.error;
}

static void a_run_is_taken_over_and_answered(void **state)
{
    struct disk disk;
    char id[JB_RUN_ID_TEXT];
    int fd, ends[2];
    disk_make(&disk);
    make_run(&disk, id, &fd);
    writer_begin(&disk);
    add_second(&disk);

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(jb_history_writer_adopt(disk.writer, fd, getuid(), ends[1]), 0);
    assert_int_equal(word_on(ends[0]), 0);
    close(ends[0]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0); /* and what is none, refused */
    assert_int_equal(jb_history_writer_adopt(disk.writer, open("/dev/null", O_RDONLY | O_CLOEXEC), getuid(), ends[1]),
                     0);
    assert_true(word_on(ends[0]) < 0);
    close(ends[0]);
    assert_int_equal(jb_history_writer_destroy(disk.writer, LONG_NS), 0);

    struct jb_store *store;
    struct jb_record record = {0};
    struct jb_diag diag = {0};
    assert_int_equal(jb_store_open(disk.db, JB_STORE_READ, &store, &diag), 0);
    assert_int_equal(jb_store_load(store, id, &record, &diag), 0);
    assert_int_equal(record.status, JB_RUN_FINISHED);
    jb_record_finish(&record);
    jb_store_close(store);
    assert_kept(&disk);
    disk_end(&disk);
}

/* Without a database each is told so; what is left at the end is closed. */
static void jobs_without_a_database_are_answered(void **state)
{
    struct disk disk;
    int ends[2];
    unsigned before = count_fds();
    disk_make(&disk);
    int file = open(disk.below, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    close(file);
    writer_begin(&disk);
    await_state(&disk, false);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        int run = open("/dev/null", O_RDONLY | O_CLOEXEC);
        int r = jb_history_writer_adopt(disk.writer, run, getuid(), ends[1]);
        if (r == 0) {
            assert_true(word_on(ends[0]) < 0);
        } else {
            assert_int_equal(r, -EAGAIN); /* then they are still ours */
            close(run);
            close(ends[1]);
        }
        close(ends[0]);
    }
    assert_int_equal(jb_history_writer_destroy(disk.writer, LONG_NS), 0);
    assert_int_equal(count_fds(), before);
    disk_end(&disk);
    assert_int_equal(jb_history_writer_destroy(NULL, 0), 0);
}

/* ---- a database that goes away ---- */

static void remove_database(const struct disk *disk)
{
    static const char *const endings[] = {"-shm", "-wal", ""};
    char path[160];

    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", disk->db, endings[i]);
        assert_int_equal(unlink(path), 0);
    }
}

/* Another history of the same machine, made elsewhere by a writer of its own. */
static void replace_database(struct disk *disk)
{
    struct disk other = *disk;

    snprintf(other.db, sizeof(other.db), "%s/other.db", disk->below);
    writer_begin(&other);
    add_second(&other);
    assert_int_equal(jb_history_writer_destroy(other.writer, LONG_NS), 0);
    assert_int_equal(rename(other.db, disk->db), 0);
}

static void await_notice(struct disk *disk, struct jb_diag *ret)
{
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;

    while (jb_history_writer_notice(disk->writer, ret) == 0) {
        assert_true(jb_mono_ns() < deadline_ns);
        add_second(disk);
        poll(NULL, 0, 100);
    }
}

static void await_written(struct disk *disk)
{
    struct jb_diag diag;
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS, dev, ino = 0;

    while (ino == 0 || state_of(disk) < 0) {
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 20);
        jb_history_writer_state(disk->writer, &diag, &dev, &ino);
    }
}

/* Nobody starts it anew, and it says so once. */
static void a_database_that_is_gone_or_another_is_noticed(void **state)
{
    struct disk disks[2];
    struct jb_diag diag = {0};
    for (int i = 0; i < 2; i++) {
        disk_make(&disks[i]);
        writer_begin(&disks[i]);
        add_second(&disks[i]);
        await_written(&disks[i]);
        assert_int_equal(jb_history_writer_notice(disks[i].writer, &diag), 0);
    }
    remove_database(&disks[0]);
    replace_database(&disks[1]);
    for (int i = 0; i < 2; i++) {
        struct disk *disk = &disks[i];
        uint64_t before_ns = disk->added_ns;
        await_notice(disk, &diag);
        assert_non_null(strstr(diag.text, disk->db));
        assert_true(strlen(diag.fix) > 0);
        uint64_t noticed_ns = disk->added_ns;
        for (int k = 0; k < 5; k++) {
            add_second(disk);
        }
        assert_int_equal(jb_history_writer_destroy(disk->writer, LONG_NS), 0);

        struct jb_store *store;
        struct jb_history_sum sum;
        assert_int_equal(jb_store_open(disk->db, JB_STORE_READ, &store, &diag), 0);
        assert_int_equal(jb_history_sum(store, MACHINE, &sum, &diag), 0);
        assert_true(sum.covered_ns >= disk->added_ns - noticed_ns);
        assert_true(sum.covered_ns <= disk->added_ns - before_ns + (i == 1 ? JB_NS_PER_S : 0));
        assert_true(sum.energy_uj >= sum.covered_ns / JB_NS_PER_S * 4 * ROW_UJ); /* both channels of the total */
        jb_store_close(store);
        disk_end(disk);
    }
}

static void a_run_is_not_kept_in_a_database_that_is_gone(void **state)
{
    struct disk disk;
    char id[JB_RUN_ID_TEXT];
    struct jb_diag diag = {0};
    int fd, ends[2];
    disk_make(&disk);
    make_run(&disk, id, &fd);
    writer_begin(&disk);
    add_second(&disk);
    await_written(&disk);
    remove_database(&disk);

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(jb_history_writer_adopt(disk.writer, fd, getuid(), ends[1]), 0);
    assert_int_equal(word_on(ends[0]), 0);
    close(ends[0]);
    assert_int_equal(jb_history_writer_notice(disk.writer, &diag), 1);
    assert_int_equal(jb_history_writer_notice(disk.writer, &diag), 0); /* once */
    assert_int_equal(jb_history_writer_destroy(disk.writer, LONG_NS), 0);

    struct jb_store *store;
    struct jb_record record = {0};
    assert_int_equal(jb_store_open(disk.db, JB_STORE_READ, &store, &diag), 0);
    assert_int_equal(jb_store_load(store, id, &record, &diag), 0);
    jb_record_finish(&record);
    jb_store_close(store);
    disk_end(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_kept),
        cmocka_unit_test(a_database_that_cannot_be_opened_is_opened_later),
        cmocka_unit_test(rows_that_cannot_be_written_are_added_up),
        cmocka_unit_test(a_row_that_cannot_be_is_dropped),
        cmocka_unit_test(its_end_does_not_wait_for_a_disk),
        cmocka_unit_test(a_run_is_taken_over_and_answered),
        cmocka_unit_test(jobs_without_a_database_are_answered),
        cmocka_unit_test(a_database_that_is_gone_or_another_is_noticed),
        cmocka_unit_test(a_run_is_not_kept_in_a_database_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
