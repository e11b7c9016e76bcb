/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of a GPU's name: "NVIDIA GeForce RTX 4090 Laptop GPU" -> "geforcertx4090mobile". What drivers call server
 * boards follows no rule: data/gpu_aliases.csv lists those and is asked first (parts.c). Steps and order as in
 * tools/match_names.py, with which the tests compare this file.
 */
#include "hardware/rewrite.h"

#include "hardware/hardware.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

static const struct jb_rewrite first_steps[] = {
    {"®|™|©|\\((r|tm)\\)", " "},
    {"\u00a0", " "},
    {"\u2013", "-"},
    {"\\[[^\\]]*\\]", ""},
    /* Code names in parentheses go, unless memory, form factor or "mobile" stands there or behind. */
    {"\\((?!.*(gb|gddr|ddr|mobile|laptop|pcie|sxm|oam|max-q))[^)]*\\)", " "},
    {"[()]", " "},
};

static const struct jb_naming vendor_words[] = {
    {"^nvidia\\b", "NVIDIA"}, {"^ati\\b", "AMD"},       {"^amd\\b", "AMD"},
    {"^intel\\b", "Intel"},   {"^matrox\\b", "Matrox"}, {"^3dfx\\b", "3dfx"},
    {"^xgi\\b", "XGI"},       {"^sony\\b", "Sony"},     {"^apple\\b", "Apple"},
};

static const struct jb_rewrite strip_vendor[] = {
    {"^(nvidia|ati|amd|intel|matrox|3dfx|xgi|sony|apple)\\b\\s*", ""},
    {"\\s+$", ""},
    {"^(nvidia|ati|amd|intel)\\s+", ""},
};

static const struct jb_naming product_lines[] = {
    {"geforce|quadro|tesla|rtx|gtx|titan|jetson|^a\\d0|h100|l4|t4|gp100|nvs|agx", "NVIDIA"},
    {"radeon|firepro|instinct|rx ?\\d", "AMD"},
    {"arc|iris|data center gpu", "Intel"},
};

static const struct jb_rewrite line_steps[] = {
    {"\\b(rtx|gtx|gts|gt)(\\d{3,4})", "\\1 \\2"},
    {"\\bGeForce(\\d)", "GeForce \\1", .exact_case = true},
    {"\\b(\\d{3,4})\\s?ti\\b", "\\1 Ti"},
    {"\\b(\\d{3,4})\\s?super\\b", "\\1 SUPER"},
    {"\\b(ti)\\s+super\\b", "Ti SUPER"},
    {"\\b(\\d+)\\s?gb\\b", "\\1 GB"},
    {"\\b(laptop gpu|laptop|notebook|mobile gpu)\\b", "Mobile"},
    {"\\bGPU accelerator\\b|\\bgraphics card\\b|\\bPCI-?e(xpress)?( x16)?\\b(?! )", "",
     .unless = "a100|v100|h100|p100|a800|h800|k40|k20"},
};

static const struct jb_rewrite brand_steps[] = {
    {"^(rtx|gtx|gts|gt) (\\d{3,4})\\b", "GeForce \\1 \\2", .vendor = "NVIDIA",
     .unless = "^rtx \\d{4} ?(ada|sff|emb)|^rtx [456]000"},
    {"^(rx|hd|r[579]) ", "Radeon \\1 ", .vendor = "AMD"},
    {"Radeon Instinct", "Instinct", .exact_case = true},
};

void jb_gpu_key(const char *name, char *key, size_t size, char *vendor, size_t vendor_size)
{
    char text[JB_PATTERN_TEXT + 1];
    jb_rewrite_begin(name, text);
    jb_rewrite(first_steps, JB_COUNT(first_steps), "", text);
    const char *who = jb_rewrite_vendor(vendor_words, JB_COUNT(vendor_words), text);
    if (who[0] != '\0') {
        jb_rewrite(strip_vendor, JB_COUNT(strip_vendor), "", text);
    } else {
        who = jb_rewrite_vendor(product_lines, JB_COUNT(product_lines), text);
    }
    jb_rewrite(line_steps, JB_COUNT(line_steps), who, text);
    jb_rewrite_tidy(text, " -,");
    jb_rewrite(brand_steps, JB_COUNT(brand_steps), who, text);
    jb_rewrite_key(text, key, size);
    if (vendor != NULL) {
        jb_copy(vendor, vendor_size, who);
    }
}
