/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for names, in one process and in several at once (trace/wire.h, trace/writer.h). */
#include "support.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

static void a_name_has_one_number(void **state)
{
    struct fixture *f = *state;
    char again[] = "aten::mm";
    uint32_t number = jb_wire_intern(f->wire, "aten::mm");
    assert_true(number > 0 && number < JB_WIRE_NAMES);
    assert_int_equal(jb_wire_intern(f->wire, again), number);
    assert_int_equal(jb_wire_intern_at(f->wire, again), number);
    assert_int_not_equal(jb_wire_intern(f->wire, "aten::mm "), number);
    assert_int_not_equal(jb_wire_intern(f->wire, "aten::m"), number);
    assert_string_equal(jb_ring_name(f->ring, number), "aten::mm");
    assert_ptr_equal(jb_ring_name(f->ring, number), jb_ring_name(f->ring, number));
}

static void odd_names_are_names(void **state)
{
    struct fixture *f = *state;
    char longer[600];
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    uint32_t cut = jb_wire_intern(f->wire, longer);
    assert_int_equal(strlen(jb_ring_name(f->ring, cut)), JB_WIRE_NAME_MAX);
    assert_int_equal(jb_wire_intern_at(f->wire, longer), cut);
    assert_int_equal(jb_wire_intern(f->wire, NULL), jb_wire_intern(f->wire, ""));
    assert_int_equal(jb_wire_intern_at(f->wire, NULL), jb_wire_intern_at(f->wire, ""));
    assert_string_equal(jb_ring_name(f->ring, jb_wire_intern(f->wire, "")), "(unnamed)");
    assert_string_equal(jb_ring_name(f->ring, jb_wire_intern(f->wire, "a\033[2Jb\n")), "a?[2Jb?");
    assert_string_equal(jb_ring_name(f->ring, 0), "(other names)");
    assert_string_equal(jb_ring_name(f->ring, JB_WIRE_NAMES), "?");
    assert_string_equal(jb_ring_name(f->ring, UINT32_MAX), "?");
    uint32_t none = 1;
    while (atomic_load(&jb_wire_names(f->wire)[none]) != 0) {
        none++;
    }
    assert_string_equal(jb_ring_name(f->ring, none), "?");
}

/* An address is believed only while the same text is there. */
static void a_buffer_may_be_used_again(void **state)
{
    struct fixture *f = *state;
    span(f->wire, "takes a slot: the cache is the thread's");
    char buffer[32];
    for (unsigned round = 0; round < 3; round++) {
        static const char *const texts[] = {"layer.1", "layer.12", "layer", "la", ""};
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
            snprintf(buffer, sizeof(buffer), "%s", texts[i]);
            assert_int_equal(jb_wire_intern_at(f->wire, buffer), jb_wire_intern(f->wire, texts[i]));
        }
    }
}

/* The text that was there was longer than what is mapped now. */
static void a_shorter_text_is_not_read_past_its_end(void **state)
{
    struct fixture *f = *state;
    long page = sysconf(_SC_PAGESIZE);
    span(f->wire, "takes a slot");
    char *pages = mmap(NULL, 2 * (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    char *at = pages + page - 4;
    memcpy(at, "a name over the edge", 21);
    uint32_t longer = jb_wire_intern_at(f->wire, at);
    assert_int_equal(jb_wire_intern_at(f->wire, at), longer);
    memcpy(at, "a n", 4);
    assert_int_equal(munmap(pages + page, (size_t)page), 0);
    uint32_t shorter = jb_wire_intern_at(f->wire, at);
    assert_string_equal(jb_ring_name(f->ring, shorter), "a n");
    munmap(pages, (size_t)page);
}

static void a_full_table_gives_the_name_of_all_others(void **state)
{
    struct fixture *f = *state;
    char text[64];
    uint32_t first = jb_wire_intern(f->wire, "first"), others = 0;
    for (unsigned i = 0; i < 3 * JB_WIRE_NAMES; i++) {
        snprintf(text, sizeof(text), "step %u", i);
        uint32_t number = jb_wire_intern(f->wire, text);
        assert_true(number < JB_WIRE_NAMES);
        others += number == 0;
        if (number != 0 && i % 64 == 0) {
            assert_string_equal(jb_ring_name(f->ring, number), text);
        }
    }
    assert_true(others >= 2 * JB_WIRE_NAMES);
    assert_true(others < 2 * JB_WIRE_NAMES + JB_WIRE_NAMES / 4); /* most of the table was used */
    assert_int_equal(jb_wire_intern(f->wire, "first"), first);
    assert_true(atomic_load(&jb_wire_header(f->wire)->name_count) < JB_WIRE_NAMES);
    assert_true(atomic_load(&jb_wire_header(f->wire)->name_used) <= JB_WIRE_NAME_BYTES + JB_WIRE_NAME_MAX);
}

static void names_may_run_out_of_bytes(void **state)
{
    struct fixture *f = *state;
    char text[256];
    unsigned found = 0;
    memset(text, 'y', sizeof(text));
    text[255] = '\0';
    for (unsigned i = 0; i < 6000; i++) {
        snprintf(text, 9, "%08u", i);
        text[8] = 'y';
        uint32_t number = jb_wire_intern(f->wire, text);
        if (number != 0) {
            assert_string_equal(jb_ring_name(f->ring, number), text);
            found++;
        }
    }
    assert_in_range(found, JB_WIRE_NAME_BYTES / 256, JB_WIRE_NAME_BYTES / 255);
}

#define RACERS 4
#define RACE   2000
struct race {
    struct jb_wire *wire;
    pthread_barrier_t *go;
    uint32_t numbers[RACE];
};

static void *racer(void *argument)
{
    struct race *race = argument;
    char text[32];
    pthread_barrier_wait(race->go);
    for (unsigned i = 0; i < RACE; i++) {
        snprintf(text, sizeof(text), "name %u", i);
        race->numbers[i] = jb_wire_intern(race->wire, text);
    }
    return NULL;
}

static void threads_that_add_the_same_get_one_number(void **state)
{
    struct fixture *f = *state;
    static struct race races[RACERS];
    pthread_barrier_t go;
    pthread_t threads[RACERS];
    pthread_barrier_init(&go, NULL, RACERS);
    for (unsigned i = 0; i < RACERS; i++) {
        races[i].wire = f->wire;
        races[i].go = &go;
        assert_int_equal(pthread_create(&threads[i], NULL, racer, &races[i]), 0);
    }
    for (unsigned i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&go);
    for (unsigned i = 0; i < RACE; i++) {
        char text[32];
        snprintf(text, sizeof(text), "name %u", i);
        assert_string_equal(jb_ring_name(f->ring, races[0].numbers[i]), text);
        for (unsigned k = 1; k < RACERS; k++) {
            assert_int_equal(races[k].numbers[i], races[0].numbers[i]);
        }
    }
    assert_int_equal(atomic_load(&jb_wire_header(f->wire)->name_count), RACE);
}

/* Processes that are killed while they add names: what is left reads right, and adding goes on. Each adds those of the
 * ones before it and as many more, and is killed at some point of these. */
static void who_is_killed_while_adding_blocks_nobody(void **state)
{
    struct fixture *f = *state;
    const unsigned more = 300, rounds = 40;
    char text[32];
    for (unsigned round = 0; round < rounds; round++) {
        _Atomic uint32_t *count = &jb_wire_header(f->wire)->name_count;
        uint32_t before = atomic_load(count);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            for (unsigned i = 0;; i++) {
                snprintf(text, sizeof(text), "name %u", i % (more * (round + 1)));
                (void)jb_wire_intern(f->wire, text);
            }
        }
        uint64_t end_ns = jb_mono_ns() + WAIT_NS;
        while (atomic_load(count) < before + round && jb_mono_ns() < end_ns) {
        }
        kill(pid, SIGKILL);
        assert_int_equal(exit_of(pid), 1000 + SIGKILL);
        assert_true(atomic_load(count) >= before + round);
    }
    for (unsigned i = 0; i < 100; i++) {
        snprintf(text, sizeof(text), "name %u", i);
        uint32_t number = jb_wire_intern(f->wire, text);
        assert_int_not_equal(number, 0);
        assert_string_equal(jb_ring_name(f->ring, number), text);
    }
    for (uint32_t i = 1; i < JB_WIRE_NAMES; i++) {
        const char *name = jb_ring_name(f->ring, i);
        assert_true(strcmp(name, "?") == 0 || strncmp(name, "name ", 5) == 0);
    }
}

static void notes_are_told_once(void **state)
{
    struct fixture *f = *state;
    char text[64], longer[400];
    memset(longer, 'z', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    assert_null(jb_ring_note(f->ring, 0));
    jb_wire_note(f->wire, "CUPTI: another profiler holds it");
    jb_wire_note(f->wire, "CUPTI: another profiler holds it");
    jb_wire_note(f->wire, "");
    jb_wire_note(f->wire, NULL);
    jb_wire_note(NULL, "x");
    assert_string_equal(jb_ring_note(f->ring, 0), "CUPTI: another profiler holds it");
    assert_null(jb_ring_note(f->ring, 1));
    jb_wire_note(f->wire, "CUPTI");
    jb_wire_note(f->wire, longer);
    jb_wire_note(f->wire, longer);
    jb_wire_note(f->wire, "esc\033");
    assert_string_equal(jb_ring_note(f->ring, 1), "CUPTI");
    assert_int_equal(strlen(jb_ring_note(f->ring, 2)), JB_WIRE_NOTE_BYTES - 5);
    assert_string_equal(jb_ring_note(f->ring, 3), "esc?");
    assert_null(jb_ring_note(f->ring, 4));
    for (unsigned i = 0; i < 100; i++) {
        snprintf(text, sizeof(text), "note %u", i);
        jb_wire_note(f->wire, text);
    }
    assert_non_null(jb_ring_note(f->ring, JB_WIRE_NOTES - 1));
    assert_null(jb_ring_note(f->ring, JB_WIRE_NOTES));
    assert_true(atomic_load(&jb_wire_header(f->wire)->note_count) <= JB_WIRE_NOTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_name_has_one_number, setup, teardown),
        cmocka_unit_test_setup_teardown(odd_names_are_names, setup, teardown),
        cmocka_unit_test_setup_teardown(a_buffer_may_be_used_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_shorter_text_is_not_read_past_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_table_gives_the_name_of_all_others, setup, teardown),
        cmocka_unit_test_setup_teardown(names_may_run_out_of_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(threads_that_add_the_same_get_one_number, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_killed_while_adding_blocks_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(notes_are_told_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
