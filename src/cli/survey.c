/* SPDX-License-Identifier: Apache-2.0 */
/* Look at the machine's sensors for a moment. */
#include "cli/survey.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/run_options.h"
#include "hardware/probe.h"

#include <poll.h>
#include <string.h>

#define INTERVAL_NS (20 * JB_NS_PER_MS)
#define BURST_NS    (500 * JB_NS_PER_MS)

static void sensor_settings(const struct jb_conf *conf, struct jb_sensor_settings *ret)
{
    *ret = (struct jb_sensor_settings){
        .redfish_url = jb_conf_string(conf, "redfish", "url"),
        .redfish_user = jb_conf_string(conf, "redfish", "user"),
        .redfish_password = jb_conf_string(conf, "redfish", "password"),
        .redfish_ca = jb_conf_string(conf, "redfish", "ca"),
        .redfish_insecure = jb_conf_bool(conf, "redfish", "insecure"),
        .plug_kind = jb_conf_string(conf, "plug", "kind"),
        .plug_address = jb_conf_string(conf, "plug", "address"),
        .plug_user = jb_conf_string(conf, "plug", "user"),
        .plug_password = jb_conf_string(conf, "plug", "password"),
    };
}

int cli_hardware_config(const struct jb_conf *conf, struct jb_session_config *config, struct jb_diag *diag)
{
    double years = 0;
    struct jb_parts_file table = {0};

    sensor_settings(conf, &config->settings);
    config->hints.table_path = jb_conf_string(conf, "hardware", "table");
    jb_conf_number(conf, "hardware", "cpu_tdp", &config->hints.cpu_tdp_w);
    jb_conf_number(conf, "hardware", "embodied_kg", &config->embodied_kg);
    if (jb_conf_number(conf, "hardware", "lifetime", &years)) {
        config->lifetime_s = years * 365 * 86400;
    }
    const char *path = config->hints.table_path;
    int error = path != NULL && path[0] != '\0' ? jb_parts_load(path, &table, diag) : 0;
    jb_parts_finish(&table);
    if (error < 0 && diag != NULL && diag->fix[0] == '\0') {
        jb_fix(diag, "mend it, or remove [hardware] table (%s)", jb_conf_origin(conf, "hardware", "table"));
    }
    return error;
}

int cli_survey_open(const struct jb_command *command, struct cli_common *common, const char *sensors, const char *db,
                    struct jb_conf **ret_conf, struct jb_session **ret_session)
{
    struct jb_diag diag = {0};
    struct jb_intensity intensity;

    if (cli_config(common, ret_conf, &diag) < 0) {
        return cli_error(command, EXIT_USAGE, &diag);
    }
    if (cli_intensity(*ret_conf, NULL, common->root, &intensity, &diag) < 0 ||
        (sensors != NULL && jb_meter_check_sensors(sensors, &diag) < 0)) {
        return cli_error(command, EXIT_USAGE, &diag);
    }
    struct jb_session_config config = {
        .root = common->session_root != NULL ? common->session_root : common->root,
        .sensors = sensors,
        .db_path = db != NULL ? db : cli_db_path(common, *ret_conf),
        .interval_ns = INTERVAL_NS,
        .open_wait_ns = 2 * JB_NS_PER_S,
        .basis = "machine",
        .pue = 1,
        .intensity = &intensity,
    };
    if (cli_hardware_config(*ret_conf, &config, &diag) < 0) {
        return cli_error(command, EXIT_USAGE, &diag);
    }
    return jb_session_create(&config, ret_session, &diag) < 0 ? cli_error(command, 1, &diag) : -1;
}

static void meter_for(struct jb_session *session, uint64_t duration_ns)
{
    uint64_t end_ns = jb_mono_ns() + duration_ns;

    while (jb_mono_ns() < end_ns) {
        struct pollfd timer = {.fd = jb_session_timer_fd(session), .events = POLLIN};
        if (poll(&timer, 1, 1000) > 0) {
            jb_session_tick(session);
        }
    }
}

int cli_survey_run(struct jb_session *session, uint64_t duration_ns, struct jb_diag *diag)
{
    struct jb_ending ending = {.status = JB_RUN_FINISHED};
    int error = jb_session_start(session, 0, diag);

    if (error < 0) {
        return error;
    }
    meter_for(session, duration_ns);
    jb_session_stop(session, &ending);
    return 0;
}

int cli_survey_look(struct jb_session *session, uint64_t duration_ns, struct jb_diag *diag)
{
    struct jb_ending ending = {.status = JB_RUN_FINISHED};
    uint64_t period_ns[JB_METER_MAX_CHANNELS] = {0};
    int error = jb_session_start(session, 0, diag);

    if (error < 0) {
        return error;
    }
    if (jb_session_pace(session, JB_NS_PER_MS) == 0) {
        meter_for(session, BURST_NS);
        for (int i = 0; i < JB_METER_MAX_CHANNELS; i++) {
            period_ns[i] = jb_session_period_ns(session, i);
        }
        (void)jb_session_pace(session, INTERVAL_NS);
    }
    meter_for(session, duration_ns - BURST_NS);
    jb_session_stop(session, &ending);
    struct jb_record *record = jb_session_record(session);
    for (size_t i = 0; i < record->channel_count; i++) {
        struct jb_record_channel *channel = &record->channels[i];
        if (period_ns[i] > 0 && period_ns[i] < channel->update_period_ns) {
            channel->update_period_ns = period_ns[i];
        }
    }
    return 0;
}
