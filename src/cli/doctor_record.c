/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_record.c - see doctor_record.h. The folder is filled from three sides: by the session, whose root records what
 * the drivers read (base/recording.h); by doctor_sample.c, with what changes; and from here, with what the doctor said.
 *
 * What came by calls and not out of files (NVML, a BMC on the network) cannot be replayed; RECORD.txt says so.
 */
#include "cli/doctor_record.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/os.h"
#include "base/recording.h"
#include "base/scrub.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/doctor_json.h"
#include "cli/doctor_sample.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 32

struct doctor_record {
    char root[2 * PATH_MAX];
    struct jb_recording recording;
    uint64_t duration_ns;
    sigset_t stop, before;
};

/* A folder of our own that is new or was empty, and into which nobody else can put anything: what is to be sampled is
 * known by files in it. */
static int make_folder(const char *path, struct jb_diag *diag)
{
    if (mkdir(path, 0700) == 0) {
        return 0;
    }
    int err = -errno;
    if (err != -EEXIST) {
        return jb_fail(diag, err, "cannot make %s: %s", path, strerror(-err));
    }
    DIR *dir = opendir(path);
    if (!dir) {
        return jb_fail(diag, -errno, "cannot record into %s: %s", path, strerror(errno));
    }
    struct stat st;
    bool empty = true, ours = fstat(dirfd(dir), &st) == 0 && st.st_uid == geteuid();
    for (struct dirent *entry; empty && (entry = readdir(dir)) != NULL;) {
        empty = jb_streq(entry->d_name, ".") || jb_streq(entry->d_name, "..");
    }
    bool alone = empty && ours && fchmod(dirfd(dir), 0700) == 0;
    closedir(dir);
    if (!alone) {
        err = empty ? -EPERM : -ENOTEMPTY;
        jb_fail(diag, err, "%s is there already and %s", path, empty ? "belongs to somebody else" : "not empty");
        jb_fix(diag, "name a new folder");
        return err;
    }
    return 0;
}

static void write_head(const struct doctor_record *recorder)
{
    const struct jb_recording *to = &recorder->recording;
    char now[32];
    jb_recording_note(to, "A machine as joulebook %s saw it on %s.", JB_VERSION,
                      jb_iso_time(jb_wall_ns(), now, sizeof(now)));
    jb_recording_note(to, "kernel: %s", jb_os_version());
    jb_recording_note(to, "replay: joulebook doctor --root DIR; what it said here is in doctor.json");
}

int doctor_record_begin(struct cli_common *common, const char *dir, uint64_t duration_ns, struct doctor_record **ret,
                        struct jb_diag *diag)
{
    int err = cli_root(common, diag);
    if (err < 0) {
        return err;
    }
    struct doctor_record *recorder = calloc(1, sizeof(*recorder));
    if (!recorder) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    recorder->duration_ns = duration_ns;
    err = jb_root_record(common->root, dir, recorder->root, sizeof(recorder->root));
    if (err < 0 || !jb_recording_of(recorder->root, &recorder->recording)) {
        free(recorder);
        return jb_fail(diag, err < 0 ? err : -EINVAL, "cannot record into %s: no name for a folder", dir);
    }
    err = make_folder(dir, diag);
    if (err < 0) {
        free(recorder);
        return err;
    }
    sigemptyset(&recorder->stop);
    sigaddset(&recorder->stop, SIGINT);
    sigaddset(&recorder->stop, SIGTERM);
    sigaddset(&recorder->stop, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &recorder->stop, &recorder->before);
    write_head(recorder);
    common->session_root = recorder->root;
    *ret = recorder;
    return 0;
}

/* What was told by somebody whom no file can stand for. */
static void tell_calls(const struct doctor_record *recorder, const struct jb_session *session)
{
    static const struct {
        const char *driver;
        bool files; /* in a made-up machine it reads files, which then are recorded */
    } callers[] = {{"nvml", false},      {"redfish", false}, {"plug", false}, {"fake", false},
                   {"fake-lane", false}, {"rapl-msr", true}, {"apple", true}};
    const struct jb_meter *meter = jb_session_meter(session);
    for (int i = 0; i < jb_meter_source_count(meter); i++) {
        struct jb_source_info info;
        jb_meter_source_info(meter, i, &info);
        for (size_t k = 0; info.result == 0 && k < JB_COUNT(callers); k++) {
            if (jb_streq(info.driver, callers[k].driver) && (!callers[k].files || !recorder->recording.base)) {
                jb_recording_note(&recorder->recording,
                                  "not in files: %s answers calls; what it said is in doctor.json alone", info.driver);
            }
        }
    }
}

static int write_json(const struct doctor_record *recorder, const struct jb_session *session,
                      const struct jb_record *record, struct jb_diag *diag)
{
    char path[PATH_MAX];
    JB_CLEANUP(jb_freep) char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    if (!stream) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    cli_doctor_json(session, record, stream);
    if (fclose(stream) != 0 || !text) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    jb_scrub_text(recorder->recording.salt, text, length);
    length = jb_scrub_hosts(text, length);
    if ((size_t)jb_snprintf(path, sizeof(path), "%s/doctor.json", recorder->recording.dir) >= sizeof(path)) {
        return jb_fail(diag, -ENAMETOOLONG, "the name of the folder is too long");
    }
    return jb_write_atomic(path, text, length, 0644, diag);
}

struct tally {
    size_t files;
    uint64_t bytes;
};

static void count(const char *folder, int depth, struct tally *tally)
{
    DIR *dir = depth < MAX_DEPTH ? opendir(folder) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        char inner[PATH_MAX];
        struct stat st;
        if (jb_streq(entry->d_name, ".") || jb_streq(entry->d_name, "..") ||
            (size_t)jb_snprintf(inner, sizeof(inner), "%s/%s", folder, entry->d_name) >= sizeof(inner) ||
            lstat(inner, &st) < 0) {
            continue;
        }
        if (S_ISDIR(st.st_mode)) {
            count(inner, depth + 1, tally);
        } else {
            tally->files++;
            tally->bytes += (uint64_t)st.st_size;
        }
    }
    if (dir) {
        closedir(dir);
    }
}

static void tell(const struct doctor_record *recorder, const struct doctor_samples *samples, FILE *out)
{
    const char *dir = recorder->recording.dir;
    struct tally tally = {0};
    char size[JB_UNIT_TEXT], lasted[JB_UNIT_TEXT];
    count(dir, 0, &tally);
    jb_format_bytes((double)tally.bytes, size, sizeof(size));
    jb_format_duration((double)samples->lasted_ns / 1e9, lasted, sizeof(lasted));
    fprintf(out, "recorded in %s: %zu files, %zu of them over %s%s; %s\n", dir, tally.files, samples->moving, lasted,
            samples->signal != 0 ? " (stopped early)" : "", size);
    fprintf(out, "  replay:  joulebook doctor --root %s\n", dir);
    fprintf(out, "  send:    tar czf machine.tar.gz %s\n", dir);
    fprintf(out,
            "Serial numbers, UUIDs, MAC addresses, the machine id, the host's name and values on the kernel's command\n"
            "line are made up in it. Other processes and the configuration are not in it. %s" JB_RECORDING_NOTES
            " lists\nwhat was changed or left out: look at it before you send it.\n",
            dir);
}

int doctor_record_finish(struct doctor_record *recorder, const struct jb_session *session,
                         const struct jb_record *record, FILE *out, struct jb_diag *diag)
{
    struct doctor_samples samples = {0};
    int err = doctor_sample(&recorder->recording, recorder->duration_ns, &recorder->stop, &samples);
    if (err < 0) {
        return jb_fail(diag, err, "cannot record what changes: %s", strerror(-err));
    }
    tell_calls(recorder, session);
    jb_recording_note(&recorder->recording, "over time: %zu of %zu files that may change, for %.1f s%s", samples.moving,
                      samples.files, (double)samples.lasted_ns / 1e9, samples.signal != 0 ? " (stopped early)" : "");
    err = write_json(recorder, session, record, diag);
    if (err < 0) {
        return err;
    }
    tell(recorder, &samples, out);
    return 0;
}

void doctor_record_destroy(struct doctor_record *recorder)
{
    if (recorder) {
        pthread_sigmask(SIG_SETMASK, &recorder->before, NULL);
        free(recorder);
    }
}
