/* SPDX-License-Identifier: Apache-2.0 */
/* A made-up board and ways to ask. See world.h. */
#include "world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

const struct jb_viewer kim = {.known = true, .uid = 1000}, lee = {.known = true, .uid = 1001}, somebody = {0},
                       root_user = {.known = true, .uid = 0, .all = true};

static void add_channel(struct jb_board_view *view, const char *id, enum jb_device device, enum jb_domain domain,
                        bool in_total, double power_w)
{
    struct jb_board_channel *channel = &view->channels[view->channel_count++];

    *channel = (struct jb_board_channel){
        .device = device,
        .domain = domain,
        .in_total = in_total,
        .parent = -1,
        .twin_of = -1,
        .power_w = power_w,
        .limit_w = NAN,
        .energy_uj = isnan(power_w) ? 0 : (uint64_t)(power_w * 1e9),
        .sigma_uj = 5e6,
        .rel_error = 0.02,
        .update_period_ns = JB_NS_PER_MS,
        .covered_ns = isnan(power_w) ? 0 : 1000 * JB_NS_PER_S,
    };
    jb_copy(channel->id, sizeof(channel->id), id);
    jb_copy(channel->name, sizeof(channel->name), device == JB_DEVICE_GPU ? "NVIDIA H100" : "AMD EPYC 9965");
    jb_copy(channel->source, sizeof(channel->source), device == JB_DEVICE_GPU ? "nvml" : "rapl-perf");
}

static void add_run(struct jb_board_view *view, const char *id, const char *name, uid_t uid)
{
    struct jb_board_run *run = &view->runs[view->run_count++];

    *run = (struct jb_board_run){
        .uid = uid,
        .pid = 4242,
        .started_ns = INT64_C(1795316000000000000) + (int64_t)view->run_count,
        .elapsed_s = 300.5,
        .power_w = 250.25,
        .device_w = {[JB_DEVICE_CPU] = 100, [JB_DEVICE_RAM] = 10, [JB_DEVICE_GPU] = 140, [JB_DEVICE_BOARD] = NAN},
        .run_uj = 75060000001,
        .footprint_uj = 80010000000,
        .machine_uj = 123690000000,
        .sigma_uj = 2.1e9,
        .grams = 9.2,
        .grams_sigma = 0.9,
        .epoch = 3,
        .step = -1,
        .epochs_planned = uid == 1000 ? 30 : -1,
        .epoch_nth = uid == 1000 ? 4 : -1,
        .projected_uj = uid == 1000 ? 6e11 : (double)NAN,
        .projected_sigma_uj = NAN,
        .projected_s = uid == 1000 ? 2250.5 : (double)NAN,
        .projected_sigma_s = NAN,
        .projected_grams = uid == 1000 ? 69.25 : (double)NAN,
        .projected_grams_sigma = NAN,
    };
    jb_copy(run->id, sizeof(run->id), id);
    jb_copy(run->name, sizeof(run->name), name);
    jb_copy(run->project, sizeof(run->project), "secret-project");
    jb_copy(run->command, sizeof(run->command), "python3 secret.py");
    jb_copy(run->user, sizeof(run->user), uid == 1000 ? "kim" : "lee");
    jb_copy(run->basis, sizeof(run->basis), "footprint");
    jb_copy(run->phase, sizeof(run->phase), "forward");
}

static void fill(struct jb_board_view *view)
{
    view->seq = 4711;
    view->wall_ns = INT64_C(1795316400100000000);
    view->began_wall_ns = view->wall_ns - INT64_C(7200000000000);
    view->t_ns = jb_mono_ns();
    view->began_ns = view->t_ns - 7200 * JB_NS_PER_S;
    view->interval_ns = 100 * JB_NS_PER_MS;
    jb_copy(view->host, sizeof(view->host), "gpu1");
    jb_copy(view->machine_id, sizeof(view->machine_id), "0123456789abcdef");
    add_channel(view, "cpu/0/package", JB_DEVICE_CPU, JB_DOMAIN_PACKAGE, true, 212.125);
    add_channel(view, "cpu/0/core", JB_DEVICE_CPU, JB_DOMAIN_CORE, false, 100);
    view->channels[1].parent = 0;
    add_channel(view, "gpu/0/board", JB_DEVICE_GPU, JB_DOMAIN_GPU, true, 300);
    add_channel(view, "gpu/1/board", JB_DEVICE_GPU, JB_DOMAIN_GPU, true, NAN);
    view->channels[3].status = JB_DENIED;
    view->source_count = 2;
    view->sources[0] = (struct jb_board_source){.driver = "rapl-perf", .title = "RAPL through perf"};
    view->sources[1] = (struct jb_board_source){
        .driver = "nvml", .title = "NVML", .result = -19, .reason = "libnvidia-ml.so.1 was not found"};
    add_run(view, "01K0000000000000000000000A", "resnet", 1000);
    add_run(view, "01K0000000000000000000000B", "bert", 1001);
    view->emission_count = 2;
    view->emissions[0] = (struct jb_board_emission){.zone = "KR", .source = "electricitymaps", .grams = 300.5};
    view->emissions[1] =
        (struct jb_board_emission){.zone = "KR", .source = "electricitymaps", .estimated = true, .grams = 45.75};
    view->project_count = 2;
    view->projects[0] = (struct jb_board_project){.name = "secret-project", .run_uj = 1500000};
    view->projects[1] = (struct jb_board_project){.name = "", .run_uj = 500000};
    view->grid = (struct jb_board_grid){.zone = "KR",
                                        .zone_name = "South Korea",
                                        .source = "electricitymaps",
                                        .factor = "lifecycle",
                                        .kind = "live",
                                        .g_per_kwh = 415.5,
                                        .rel_error = 0.1,
                                        .age_s = 320};
    view->power_w = 512.125;
    view->energy_uj = UINT64_C(512125000001);
    view->measured_uj = view->energy_uj;
    view->sigma_uj = 7e9;
    view->grams = 346.25;
    view->pue = 1;
    view->self_cpu_s = 12.5;
    view->self_share = 0.0021;
    view->self_energy_j = 8.125;
    view->self_rss_bytes = 9437184;
    view->clients = 3;
    view->keeps_history = true;
}

int world_setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    jb_copy(world->path, sizeof(world->path), "/tmp/jb-server-XXXXXX");
    int fd = mkstemp(world->path);
    if (fd < 0 || jb_board_create(&world->board) < 0) {
        return -1;
    }
    close(fd);
    fill(change(world));
    changed(world);
    the_store = (struct jb_store){
        .runs = {{"01J0000000000000000000000D", "resnet", "vision", "accuracy", "0.93", 1000, 1795310000000000000,
                  JB_RUN_FINISHED},
                 {"01J0000000000000000000000C", "theirs", "vision", "k", "v", 1001, 1795300000000000000, JB_RUN_FAILED},
                 {"01J0000000000000000000000B", "old", NULL, NULL, NULL, -1, 1795200000000000000, JB_RUN_FINISHED},
                 {"01J0000000000000000000000A", "theirs", NULL, NULL, NULL, 1000, 1795100000000000000, JB_RUN_LOST}},
        .run_count = 4,
    };
    world->config = (struct jb_server_config){.board = world->board, .db_path = world->path};
    world->viewer = root_user;
    jb_reply_init(&world->reply);
    *state = world;
    return jb_documents_create(&world->config, &world->documents, NULL);
}

int world_teardown(void **state)
{
    struct world *world = *state;

    jb_documents_destroy(world->documents);
    jb_board_destroy(world->board);
    jb_reply_finish(&world->reply);
    json_decref(world->root);
    unlink(world->path);
    free(world);
    return 0;
}

struct jb_board_view *change(struct world *world)
{
    return jb_board_begin(world->board);
}

void changed(struct world *world)
{
    jb_board_publish(world->board);
}

void ask_raw(struct world *world, jb_document_fn document, const char *rest, const char *query, const char *accept)
{
    jb_reply_finish(&world->reply);
    jb_reply_init(&world->reply);
    jb_query_init(&world->query);
    assert_int_equal(jb_query_parse(query, strlen(query), &world->query), 0);
    document(world->documents, &world->viewer, rest, &world->query, accept, &world->reply);
}

json_t *ask(struct world *world, jb_document_fn document, const char *rest, const char *query)
{
    json_error_t error;

    ask_raw(world, document, rest, query, NULL);
    json_decref(world->root);
    assert_non_null(world->reply.body);
    assert_int_equal(world->reply.length, strlen(world->reply.body));
    assert_string_equal(world->reply.type, JB_TYPE_JSON);
    world->root = json_loads(world->reply.body, JSON_REJECT_DUPLICATES, &error);
    if (world->root == NULL) {
        fail_msg("%s: %s", error.text, world->reply.body);
    }
    return world->root;
}

json_t *ask_for(struct world *world, unsigned status, jb_document_fn document, const char *rest, const char *query)
{
    json_t *root = ask(world, document, rest, query);

    if (world->reply.status != status) {
        fail_msg("%u, not %u: %s", world->reply.status, status, world->reply.body);
    }
    if (status >= 400) {
        assert_true(strlen(text_at(root, "error")) > 0);
    } else {
        assert_true(number_at(root, "schema") == 1);
    }
    return root;
}

json_t *at(json_t *root, const char *path)
{
    char word[64];
    const char *rest = path;
    uint64_t index;

    while (root != NULL && *rest != '\0') {
        size_t length = strcspn(rest, ".");
        assert_true(length < sizeof(word));
        memcpy(word, rest, length);
        word[length] = '\0';
        rest += length + (rest[length] == '.');
        root = json_is_array(root) && jb_parse_u64(word, &index) == 0 ? json_array_get(root, index)
                                                                      : json_object_get(root, word);
    }
    if (root == NULL) {
        fail_msg("there is no %s", path);
    }
    return root;
}

double number_at(json_t *root, const char *path)
{
    json_t *value = at(root, path);

    if (!json_is_number(value)) {
        fail_msg("%s is no number", path);
    }
    return json_number_value(value);
}

const char *text_at(json_t *root, const char *path)
{
    json_t *value = at(root, path);

    if (!json_is_string(value)) {
        fail_msg("%s is no text", path);
    }
    return json_string_value(value);
}
