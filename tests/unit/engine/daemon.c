/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's meter as a whole: what runs are told is what it booked; projects sum to the runs; a run that is killed
 * keeps its joules; its pace; its power; its life.
 */
#include "daemon_world.h"

#include "engine/session_impl.h"

#define CHANNELS 3
#define SENSORS                                                                                                        \
    "fake:watts=93:device=cpu:unit=0,fake:watts=17:device=ram:unit=0:update=300ms,fake:watts=41:device=gpu:unit=0"

/* ---- a session that attaches, in a process of its own ---- */

struct told {
    bool attached;
    int channel_count;
    struct jb_parts totals[CHANNELS], told[CHANNELS];
    uint64_t run_uj, machine_uj, footprint_uj;
    unsigned warnings;
};

static void attach_and_run(const char *socket, const struct jb_intensity *intensity, unsigned burn, struct told *told)
{
    struct jb_session_config config = {.db_path = "none",
                                       .interval_ns = 50 * JB_NS_PER_MS,
                                       .open_wait_ns = JB_NS_PER_S,
                                       .basis = "footprint",
                                       .pue = 1,
                                       .intensity = intensity,
                                       .project = "attached",
                                       .attach = true};
    struct jb_session *session;
    struct jb_diag diag = {0};

    setenv("JOULEBOOK_SOCKET", socket, 1);
    if (jb_session_create(&config, &session, &diag) < 0) {
        return;
    }
    told->attached = session->remote != NULL;
    pid_t child = fork_child(burn);
    if (jb_session_start(session, child, &diag) < 0) {
        return;
    }
    uint64_t end_ns = jb_mono_ns() + 1300 * JB_NS_PER_MS;
    while (jb_mono_ns() < end_ns) {
        struct pollfd timer = {.fd = jb_session_timer_fd(session), .events = POLLIN};
        poll(&timer, 1, 1000);
        jb_session_tick(session);
    }
    struct jb_ending ending = {.status = JB_RUN_FINISHED};
    jb_session_stop(session, &ending);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    const struct jb_record *record = jb_session_record(session);
    told->channel_count = session->channel_count;
    for (int i = 0; i < session->channel_count && i < CHANNELS; i++) {
        told->totals[i] = session->channels[i].totals;
        told->told[i] = session->channels[i].told;
    }
    told->run_uj = record->run_uj;
    told->machine_uj = record->machine_uj;
    told->footprint_uj = record->footprint_uj;
    told->warnings = (unsigned)record->warning_count;
    jb_session_destroy(session);
}

/* Waits for a word before it begins: a process is forked before there are threads. */
struct client {
    pid_t pid;
    int go, back;
};

static struct client fork_client(const struct world *world, unsigned burn)
{
    int go[2], back[2];

    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(back), 0);
    pid_t pid = fork_bound();
    if (pid == 0) { /* no child of the meter's process, which would be taken for a part of it */
        struct told told = {.attached = false};
        char word;
        close(go[1]);
        pid_t inner = fork_bound();
        if (inner != 0) {
            waitpid(inner, NULL, 0);
            _exit(0);
        }
        if (read(go[0], &word, 1) == 1) {
            attach_and_run(world->socket, &world->intensity, burn, &told);
        }
        _exit(write(back[1], &told, sizeof(told)) == (ssize_t)sizeof(told) ? 0 : 1);
    }
    close(go[0]);
    close(back[1]);
    return (struct client){pid, go[1], back[0]};
}

static uint64_t projects_uj(struct world *world, uint64_t *ret_runs_uj)
{
    const struct jb_board_view *view = jb_board_look(jb_daemon_board(world->daemon));
    uint64_t sum_uj = 0;

    for (size_t i = 0; i < view->project_count; i++) {
        sum_uj += view->projects[i].run_uj;
    }
    *ret_runs_uj = view->runs_uj;
    jb_board_release(jb_daemon_board(world->daemon));
    return sum_uj;
}

/* Figures of a tick and of a second are published one after the other. */
static uint64_t assert_projects_sum(struct world *world)
{
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS, runs_uj = 0, sum_uj;

    while ((sum_uj = projects_uj(world, &runs_uj)) != runs_uj) {
        if (jb_mono_ns() >= deadline_ns) {
            fail_msg("projects have %llu uJ, runs %llu", (unsigned long long)sum_uj, (unsigned long long)runs_uj);
        }
        poll(NULL, 0, 5);
    }
    return runs_uj;
}

static void a_session_ends_with_what_the_meter_booked(void **state)
{
    enum { CLIENTS = 2 };
    struct world world;
    struct client clients[CLIENTS];
    struct told told[CLIENTS];
    uint64_t run_uj = 0, runs_uj;
    world_make(&world, SENSORS);
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = fork_client(&world, 200 + 200 * i);
    }
    world_begin(&world);

    for (unsigned i = 0; i < CLIENTS; i++) {
        assert_int_equal(write(clients[i].go, "g", 1), 1);
        poll(NULL, 0, 200); /* they overlap, and do not begin together */
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        assert_int_equal(read(clients[i].back, &told[i], sizeof(told[i])), sizeof(told[i]));
        assert_int_equal(waitpid(clients[i].pid, NULL, 0), clients[i].pid);
        close(clients[i].go);
        close(clients[i].back);
        assert_true(told[i].attached);
        assert_int_equal(told[i].channel_count, CHANNELS);
        assert_int_equal(told[i].warnings, 0);
        uint64_t machine_uj = 0;
        for (int c = 0; c < CHANNELS; c++) {
            assert_memory_equal(&told[i].totals[c], &told[i].told[c], sizeof(struct jb_parts));
            machine_uj += jb_parts_total(&told[i].told[c]);
        }
        assert_int_equal(told[i].machine_uj, machine_uj);
        assert_true(told[i].run_uj > 0);
        run_uj += told[i].run_uj;
    }
    await_board(&world, 0, 0);
    runs_uj = assert_projects_sum(&world);
    assert_int_equal(run_uj, runs_uj);
    world_end(&world);
}

/* ---- by hand ---- */

static struct talk *begin_run(struct world *world, pid_t pid, const char *project)
{
    struct talk *talk = talk_to(world);
    struct jb_link_hello hello = plain_hello(pid);

    jb_copy(hello.project, sizeof(hello.project), project);
    say_hello(talk, &hello);
    hear_kind(talk, JB_LINK_CHANNEL_LIST);
    say(talk, JB_LINK_START);
    hear_cut(talk, JB_LINK_CUT_STARTED);
    return talk;
}

/* Until the board says that runs have used more than that. */
static uint64_t await_joules(struct world *world, uint64_t more_than_uj)
{
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS, runs_uj;

    while (projects_uj(world, &runs_uj), runs_uj <= more_than_uj) {
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 20);
    }
    return runs_uj;
}

/* A run inside of another that goes on when the outer one is gone: no joule is its project's twice, none is nobody's.
 */
static void projects_sum_to_the_runs_whoever_is_inside_of_whom(void **state)
{
    struct world world;
    uint64_t runs_uj;
    pid_t inner_pid;
    pid_t pid = fork_pair(0, 60000, &inner_pid);
    world_make(&world, SENSORS);
    world_begin(&world);

    struct talk *outer = begin_run(&world, pid, "outer"), *inner = begin_run(&world, inner_pid, "inner");
    runs_uj = await_joules(&world, 0);
    stop_running(outer);
    await_board(&world, 1, 2);
    runs_uj = assert_projects_sum(&world);
    await_joules(&world, runs_uj);
    struct talk *around = begin_run(&world, pid, "around");
    runs_uj = assert_projects_sum(&world);
    await_joules(&world, runs_uj);
    stop_running(inner);
    await_board(&world, 1, 3);
    runs_uj = assert_projects_sum(&world);
    stop_running(around);
    await_board(&world, 0, 3);
    runs_uj = assert_projects_sum(&world);
    world_halt(&world);
    uint64_t session_uj = 0;
    for (int i = 0; i < CHANNELS; i++) {
        session_uj += world.daemon->session->channels[i].totals.run_uj;
    }
    assert_int_equal(session_uj, runs_uj);
    talk_end(outer);
    talk_end(inner);
    talk_end(around);
    end_burner(pid);
    world_end(&world);
}

/* Killed: it says nothing more, and its socket is closed for it. */
static void what_a_killed_run_used_stays_booked(void **state)
{
    struct world world;
    uint64_t runs_uj;
    pid_t pid = fork_burner(60000);
    world_make(&world, SENSORS);
    world_begin(&world);
    unsigned before = count_fds();

    struct talk *talk = begin_run(&world, pid, "a");
    uint64_t used_uj = await_joules(&world, 0);
    end_burner(pid);
    talk_end(talk);
    await_board(&world, 0, 0);
    runs_uj = assert_projects_sum(&world);
    assert_true(runs_uj >= used_uj);
    assert_int_equal(count_fds(), before);
    world_halt(&world);
    assert_null(world.daemon->peers[0].run);
    assert_int_equal(world.daemon->peers[0].fd, -1);
    uint64_t machine_uj = 0;
    for (int i = 0; i < CHANNELS; i++) { /* and the ledger closes */
        const struct channel_state *channel = &world.daemon->session->channels[i];
        machine_uj += channel->account.energy_uj;
        assert_true(jb_parts_total(&channel->totals) <= channel->account.energy_uj);
    }
    assert_true(machine_uj > runs_uj);
    world_end(&world);
}

static uint64_t pace_ns(struct world *world)
{
    const struct jb_board_view *view = jb_board_look(jb_daemon_board(world->daemon));
    uint64_t interval_ns = view->interval_ns;

    jb_board_release(jb_daemon_board(world->daemon));
    return interval_ns;
}

static void await_pace(struct world *world, uint64_t expected_ns)
{
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;

    while (pace_ns(world) != expected_ns) {
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 10);
    }
}

/* A run may have the machine read more often, within bounds; never less often. */
static void nobody_slows_the_meter_down(void **state)
{
    static const struct {
        uint64_t own_ms, wanted_us, then_ms;
    } cases[] = {{1, 500, 1}, {1, 2000, 1}, {50, 20000, 20}, {50, 500, 10}, {50, 500000, 50}};

    for (size_t i = 0; i < JB_COUNT(cases); i++) {
        struct world world;
        world_make(&world, "fake:watts=20:unit=0");
        world.config.session.interval_ns = cases[i].own_ms * JB_NS_PER_MS;
        world_begin(&world);
        struct talk *talk = talk_to(&world);
        struct jb_link_hello hello = plain_hello(0);
        hello.interval_ns = cases[i].wanted_us * 1000;
        say_hello(talk, &hello);
        hear_kind(talk, JB_LINK_CHANNEL_LIST);
        say(talk, JB_LINK_START);
        hear_cut(talk, JB_LINK_CUT_STARTED);
        await_pace(&world, cases[i].then_ms * JB_NS_PER_MS);
        stop_running(talk);
        await_pace(&world, cases[i].own_ms * JB_NS_PER_MS);
        talk_end(talk);
        world_end(&world);
    }
}

/* systemd would take a meter that says nothing for half a minute for dead. */
static void a_long_interval_is_a_second(void **state)
{
    struct world world;
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    world_make(&world, "fake:watts=20:unit=0");
    world.config.session.interval_ns = 60 * JB_NS_PER_S;
    world_begin(&world);

    while (__atomic_load_n(&world.alive, __ATOMIC_SEQ_CST) < 3) {
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 20);
    }
    world_end(&world);
}

/* Power is the mean of a second, however often sensors are read. */
static void power_is_of_a_second_at_any_pace(void **state)
{
    struct world world;
    world_make(&world, "fake:watts=20:unit=0");
    world.config.session.interval_ns = 5 * JB_NS_PER_MS;
    world_begin(&world);
    uint64_t begin_ns = jb_mono_ns();
    while (jb_mono_ns() - begin_ns < 1700 * JB_NS_PER_MS) {
        poll(NULL, 0, 50);
    }
    world_halt(&world);
    const struct power_trail *trail = &world.daemon->trails[0];
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    for (unsigned i = 0; i < trail->count; i++) {
        first_ns = trail->t_ns[i] < first_ns ? trail->t_ns[i] : first_ns;
        last_ns = trail->t_ns[i] > last_ns ? trail->t_ns[i] : last_ns;
    }
    assert_true(last_ns - first_ns >= 900 * JB_NS_PER_MS);
    assert_float_equal(daemon_power_w(world.daemon, 0), 20, 0.01);
    world_end(&world);
}

/* What happened before a run began is not told to it as its own. */
static void a_gap_before_a_run_is_not_the_runs(void **state)
{
    struct world world;
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    bool seen = false;
    world_make(&world, "fake:watts=20:unit=0:max=40:fault=wild:at=300ms");
    world_begin(&world);
    while (!seen) { /* the reading that cannot be has come and gone */
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 50);
        world_halt(&world);
        seen = world.daemon->session->channels[0].account.gaps > 0;
        world_run(&world);
    }
    struct talk *talk = talk_running(&world, 0);
    for (int i = 0; i < 10; i++) {
        hear_kind(talk, JB_LINK_TICK);
        assert_false(talk->message.tick.channels[0].gap);
    }
    talk_end(talk);
    world_end(&world);
}

/* A channel that has changed when somebody comes: those who were there are told as well. */
static void everybody_is_told_of_channels(void **state)
{
    struct world world;
    world_make(&world, SENSORS);
    world_begin(&world);
    struct talk *first = talk_running(&world, 0);
    world_halt(&world);
    world.daemon->session->nodes[2].rejected = true;
    world.daemon->session->nodes[2].in_total = false;
    struct talk *second = talk_to(&world);
    struct jb_link_hello hello = plain_hello(0);
    say_hello(second, &hello);
    world_run(&world);
    hear_kind(second, JB_LINK_CHANNEL_LIST);
    hear_kind(first, JB_LINK_CHANNEL_LIST);
    assert_true(first->message.list.channels[2].rejected);
    talk_end(first);
    talk_end(second);
    world_end(&world);
}

static char *long_text(void *context, uid_t viewer)
{
    assert_int_equal(viewer, getuid());
    char *text = malloc(20001);
    assert_non_null(text);
    memset(text, ' ', 20000);
    text[0] = '{';
    text[19999] = '}';
    text[20000] = '\0';
    return text;
}

static void watchers_hear_every_second(void **state)
{
    struct world world;
    world_make(&world, "fake:watts=20:unit=0");
    struct jb_diag diag = {0};
    assert_int_equal(jb_daemon_create(&world.config, &world.daemon, &diag), 0);
    jb_daemon_on_watch(world.daemon, long_text, NULL);
    world_run(&world);
    struct talk *talk = talk_to(&world);
    say(talk, JB_LINK_WATCH);
    for (int i = 0; i < 3; i++) {
        hear_kind(talk, JB_LINK_LIVE);
        assert_int_equal(talk->message.live.length, 20000);
    }
    talk_end(talk);
    world_end(&world);
}

static void two_meters_do_not_share_a_socket(void **state)
{
    struct world world;
    struct jb_daemon *second = NULL;
    struct jb_diag diag = {0};
    world_make(&world, "fake:watts=20:unit=0");
    world_begin(&world);
    unsigned before = count_fds();

    assert_int_equal(jb_daemon_create(&world.config, &second, &diag), -EADDRINUSE);
    assert_null(second);
    assert_true(strlen(diag.fix) > 0);
    assert_int_equal(count_fds(), before);
    struct talk *talk = talk_running(&world, 0); /* the first one has its socket still */
    stop_running(talk);
    talk_end(talk);
    world_end(&world);
    assert_false(jb_daemon_destroy(NULL));
}

static void a_meter_begins_and_ends_without_a_trace(void **state)
{
    struct world world;
    world_make(&world, SENSORS); /* once, for what libraries keep open */
    world.config.session.db_path = world.db;
    world_begin(&world);
    world_end(&world);
    unsigned before = count_fds();

    for (int i = 0; i < 3; i++) {
        world_make(&world, SENSORS);
        world.config.session.db_path = world.db;
        world_begin(&world);
        struct talk *talk = talk_running(&world, 0); /* and ends in its midst */
        world_end(&world);
        hear_end(talk);
        talk_end(talk);
    }
    assert_int_equal(count_fds(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_ends_with_what_the_meter_booked),
        cmocka_unit_test(projects_sum_to_the_runs_whoever_is_inside_of_whom),
        cmocka_unit_test(what_a_killed_run_used_stays_booked),
        cmocka_unit_test(nobody_slows_the_meter_down),
        cmocka_unit_test(a_long_interval_is_a_second),
        cmocka_unit_test(power_is_of_a_second_at_any_pace),
        cmocka_unit_test(a_gap_before_a_run_is_not_the_runs),
        cmocka_unit_test(everybody_is_told_of_channels),
        cmocka_unit_test(watchers_hear_every_second),
        cmocka_unit_test(two_meters_do_not_share_a_socket),
        cmocka_unit_test(a_meter_begins_and_ends_without_a_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
