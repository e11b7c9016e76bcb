/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amdgpu_card.c - who an AMD card is.
 *
 * Documented in Documentation/gpu/amdgpu/ of Linux (driver-misc, thermal) and aldebaran_ppt.c. Odd: the two dies of an
 * MI250 are two PCI devices of one module, and only the first one's firmware knows the module's power: the kernel shows
 * 0 W, 0 J and a limit of 0 W for the other. Nothing in sysfs says which two belong together; they are neighbours in
 * the order of PCI addresses. That a chip is a package with CPUs in it shows in its hwmon: only those have a "vddnb".
 */
#include "sensor/amdgpu/amdgpu.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "hardware/hardware.h"

#include <stdio.h>

/* PCI ids and names: amdgpu.ids of libdrm. What a count of MI100's and MI200's accumulators is, rocm_smi_lib says
 * (rsmi_dev_energy_count_get: 15.3 uJ), and a resting MI210 then draws 43 W (amdsmi#38), as it should; of other cards
 * below 1.4 nobody says it, and of RDNA 4 the kernel says that it counts nothing (smu_v14_0_2_ppt.c). */
static const struct {
    unsigned int id;
    const char *name;
    bool twin, package;
} instincts[] = {
    {0x738c, "AMD Instinct MI100", false, false},     {0x738e, "AMD Instinct MI100", false, false},
    {0x7408, "AMD Instinct MI250X", true, false},     {0x740c, "AMD Instinct MI250X / MI250", true, false},
    {0x740f, "AMD Instinct MI210", false, false},     {0x7410, "AMD Instinct MI210 VF", false, false},
    {0x74a0, "AMD Instinct MI300A", false, true},     {0x74a1, "AMD Instinct MI300X", false, false},
    {0x74a2, "AMD Instinct MI308X", false, false},    {0x74a5, "AMD Instinct MI325X", false, false},
    {0x74a9, "AMD Instinct MI300X HF", false, false}, {0x75a0, "AMD Instinct MI350X", false, false},
    {0x75a3, "AMD Instinct MI355X", false, false},
};

static void write_name(const char *root, struct jb_amdgpu_card *card, const char *known)
{
    char path[96], text[80];
    snprintf(path, sizeof(path), "%s/product_name", card->drm.device);
    ssize_t length = jb_root_read(root, path, text, sizeof(text));
    if (length > 0) {
        jb_sanitise(text);
        jb_copy(card->name, sizeof(card->name), jb_trim(text));
    }
    if (known && !card->name[0]) {
        jb_copy(card->name, sizeof(card->name), known);
    } else if (!card->name[0]) {
        snprintf(card->name, sizeof(card->name), "AMD GPU 0x%04x", card->drm.id);
    }
}

/* A label is a constant of the kernel driver: reading it does not wake the card. */
static bool has_cpus(const char *root, const struct jb_drm_card *drm)
{
    char path[112], label[16];
    return drm->hwmon[0] && snprintf(path, sizeof(path), "%s/in1_label", drm->hwmon) < (int)sizeof(path) &&
           jb_root_read(root, path, label, sizeof(label)) > 0 && jb_streq(label, "vddnb");
}

/* Which socket a package is: the machine's one, or that of its memory. */
static int socket_of(const struct jb_sensor_env *env, const struct jb_drm_card *drm)
{
    const struct jb_machine *machine = env->machine;
    char path[96];
    uint64_t node = 0;
    if (!machine || machine->cpu.sockets == 0 || machine->cpu.sockets > JB_MAX_SOCKETS) {
        return 0;
    }
    snprintf(path, sizeof(path), "%s/numa_node", drm->device);
    if (machine->cpu.sockets > 1 && (jb_root_read_u64(env->root, path, &node) < 0 || node >= machine->cpu.sockets)) {
        node = 0;
    }
    return machine->cpu.package_of[node];
}

static void read_table(struct jb_amdgpu_card *card)
{
    const struct jb_part *part = jb_part_find("gpu", card->name);
    card->limit_uw = jb_drm_table_limit_uw(card->name);
    if (part && part->idle_w > 0 && part->idle_w < 10000) {
        card->idle_uw = (uint64_t)(part->idle_w * 1e6);
    }
}

void jb_amdgpu_identify(const struct jb_sensor_env *env, const struct jb_drm_card *drm, int unit,
                        struct jb_amdgpu_card *ret)
{
    struct jb_amdgpu_card card = {.drm = *drm,
                                  .unit = unit,
                                  .primary = -1,
                                  .power_step_uw = 1,
                                  .metrics_fd = -1,
                                  .power_fd = -1,
                                  .status_fd = -1,
                                  .busy_fd = -1,
                                  .energy = -1,
                                  .power = -1,
                                  .gfx = -1,
                                  .first = -1};
    const char *known = NULL;
    for (size_t i = 0; i < JB_COUNT(instincts); i++) {
        if (instincts[i].id == drm->id) {
            known = instincts[i].name;
            card.twin = instincts[i].twin;
            card.apu = instincts[i].package;
            card.instinct = card.energy_unit = true;
        }
    }
    write_name(env->root, &card, known);
    read_table(&card);
    card.apu = card.apu || has_cpus(env->root, drm);
    card.socket = socket_of(env, drm);
    *ret = card;
}

static bool tells_for_one(const struct jb_amdgpu *amdgpu, int index)
{
    return index >= 0 && index < amdgpu->count && amdgpu->cards[index].twin && !amdgpu->cards[index].second &&
           amdgpu->cards[index].dies == 1;
}

void jb_amdgpu_pair_dies(struct jb_amdgpu *amdgpu)
{
    for (int i = 0; i < amdgpu->count; i++) {
        amdgpu->cards[i].primary = amdgpu->cards[i].second ? -1 : i;
        amdgpu->cards[i].dies = amdgpu->cards[i].second ? 0 : 1;
    }
    for (int i = 0; i < amdgpu->count; i++) {
        struct jb_amdgpu_card *card = &amdgpu->cards[i];
        if (card->second) {
            card->primary = tells_for_one(amdgpu, i - 1) ? i - 1 : tells_for_one(amdgpu, i + 1) ? i + 1 : -1;
        }
        if (card->second && card->primary >= 0) {
            amdgpu->cards[card->primary].dies++;
        }
    }
}
