/* SPDX-License-Identifier: Apache-2.0 */
/* The live line. It shares the terminal with the child's own output: drawn only on request, cut to the width, cleared
 * before the report. */
#include "cli/live.h"

#include "base/clock.h"
#include "base/units.h"

#include <sys/ioctl.h>
#include <unistd.h>

void cli_live_init(struct cli_live *live, bool wanted, FILE *out)
{
    *live = (struct cli_live){.out = wanted && isatty(fileno(out)) ? out : NULL};
}

void cli_live_draw(struct cli_live *live, const struct jb_session *session)
{
    char time[JB_UNIT_TEXT], power[JB_UNIT_TEXT], energy[JB_UNIT_TEXT], run[JB_UNIT_TEXT], mass[JB_UNIT_TEXT],
        line[256];
    struct jb_live now;
    struct winsize size = {0};
    uint64_t now_ns = jb_mono_ns();

    if (live->out == NULL || now_ns < live->next_ns) {
        return;
    }
    live->next_ns = now_ns + JB_NS_PER_S;
    jb_session_live(session, &now);
    int length = snprintf(line, sizeof(line), "joulebook  %s  mean %s  machine %s  run %s  %sCO2e",
                          jb_format_duration(now.elapsed_s, time, sizeof(time)),
                          jb_format_power(now.power_w, power, sizeof(power)),
                          jb_format_energy(now.energy_j, energy, sizeof(energy)),
                          jb_format_energy(now.run_j, run, sizeof(run)), jb_format_mass(now.grams, mass, sizeof(mass)));
    ioctl(fileno(live->out), TIOCGWINSZ, &size);
    int width = size.ws_col > 1 ? size.ws_col - 1 : 79;
    fprintf(live->out, "\r%.*s\033[K", length < width ? length : width, line);
    fflush(live->out);
}

void cli_live_clear(struct cli_live *live)
{
    if (live->out != NULL && live->next_ns != 0) {
        fputs("\r\033[K", live->out);
        fflush(live->out);
    }
}
