/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One question to git, then sets; see ancestry.h.
 */
#include "harness/tool/ancestry.h"

#include <stdlib.h>
#include <string.h>

#include "harness/tool/process.h"

#define GIT_BYTES_MAX ((size_t)64 << 20) /* half a million commits */
#define NAME_DIGITS_MIN 7
#define WORD_BITS (8 * sizeof(unsigned long))

/* A commit of the repository: its line in git's text, and its ancestors among those asked for. Once its turn is over it counts as its own. */
struct node {
    const char *name;
    unsigned long *set;
};

static bool set_has(const unsigned long *set, size_t i)
{
    return set[i / WORD_BITS] >> i % WORD_BITS & 1;
}

static void set_add(unsigned long *set, size_t i)
{
    set[i / WORD_BITS] |= 1ul << i % WORD_BITS;
}

bool ancestry_is_above(const struct ancestry *a, size_t other, size_t place)
{
    return set_has(a->above + place * a->words, other);
}

static bool name_is_usable(const char *commit)
{
    return strlen(commit) >= NAME_DIGITS_MIN && strspn(commit, "0123456789abcdef") == strlen(commit);
}

/* "<commit> <parent>...\n" for each commit, ancestors first; NULL: no git, no repository, or too much. */
static char *git_read(const char *repository, const char *const commits[], size_t count)
{
    struct arguments a = { 0 };
    char *text = malloc(GIT_BYTES_MAX);
    static const char *const words[] = { "rev-list", "--parents", "--topo-order", "--reverse", "--ignore-missing" };
    arguments_add(&a, "git");
    arguments_add(&a, "-C");
    arguments_add(&a, "%s", repository);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        arguments_add(&a, "%s", words[i]);
    for (size_t i = 0; i < count; i++)
        if (name_is_usable(commits[i]))
            arguments_add(&a, "%s", commits[i]);
    bool good = text && process_capture(&a, text, GIT_BYTES_MAX) && strlen(text) < GIT_BYTES_MAX - 1;
    arguments_free(&a);
    if (good)
        return text;
    free(text);
    return NULL;
}

static int node_compare(const void *left, const void *right)
{
    const struct node *a = left, *b = right;
    return strncmp(a->name, b->name, strcspn(a->name, " \n"));
}

/* Those listed under this name are places in the order that git has put its commits into; a commit listed twice descends from itself. */
static void places_fill(struct ancestry *a, struct node *node, const char *const commits[], size_t *placed)
{
    for (size_t i = 0; i < a->count; i++) {
        if (!name_is_usable(commits[i]) || strncmp(node->name, commits[i], strlen(commits[i])) != 0 || a->depth[i])
            continue;
        memcpy(a->above + i * a->words, node->set, a->words * sizeof *a->above);
        a->depth[i] = 1;
        for (size_t k = 0; k < *placed; k++)
            if (ancestry_is_above(a, a->order[k], i) && a->depth[a->order[k]] >= a->depth[i])
                a->depth[i] = a->depth[a->order[k]] + 1;
        a->order[(*placed)++] = i;
        set_add(node->set, i);
    }
}

/* Ancestors of each node: those of its parents, with which git's order has dealt before. */
static size_t nodes_walk(struct ancestry *a, struct node *nodes, size_t node_count, const char *const commits[])
{
    size_t placed = 0;
    struct node *sorted = malloc((node_count + 1) * sizeof *sorted);
    if (!sorted)
        abort(); /* a few bytes for each commit */
    memcpy(sorted, nodes, node_count * sizeof *sorted);
    qsort(sorted, node_count, sizeof *sorted, node_compare);
    for (size_t i = 0; i < node_count; i++) {
        const char *p = nodes[i].name + strcspn(nodes[i].name, " \n");
        for (; *p == ' '; p += 1 + strcspn(p + 1, " \n")) {
            const struct node key = { p + 1, NULL }, *parent = bsearch(&key, sorted, node_count, sizeof *sorted, node_compare);
            for (size_t w = 0; parent && w < a->words; w++) /* none beyond the end of a shallow repository */
                nodes[i].set[w] |= parent->set[w];
        }
        places_fill(a, &nodes[i], commits, &placed);
    }
    free(sorted);
    return placed;
}

static size_t lines_count(const char *text)
{
    size_t n = 0;
    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

/* Unknown commits come last. */
static void graph_make(struct ancestry *a, const char *text, const char *const commits[])
{
    size_t node_count = lines_count(text), placed;
    struct node *nodes = calloc(node_count + 1, sizeof *nodes);
    unsigned long *sets = calloc((node_count + 1) * a->words, sizeof *sets);
    if (!nodes || !sets)
        abort(); /* a few bytes for each commit */
    for (size_t i = 0; i < node_count; i++, text = strchr(text, '\n') + 1)
        nodes[i] = (struct node){ text, sets + i * a->words };
    placed = nodes_walk(a, nodes, node_count, commits);
    a->unknown = a->count - placed;
    for (size_t i = 0; i < a->count; i++)
        if (a->depth[i] == 0)
            a->order[placed++] = i;
    free(sets);
    free(nodes);
}

static void main_mark(struct ancestry *a)
{
    size_t tip = 0, *nearest = calloc(a->count + 1, sizeof *nearest);
    if (!nearest)
        abort();
    for (size_t i = 0; i < a->count; i++)
        tip = a->depth[i] >= a->depth[tip] ? i : tip;
    for (bool more = a->count > 0; more; tip = nearest[0]) {
        a->main[tip] = true;
        more = ancestry_nearest(a, tip, NULL, nearest) > 0;
    }
    free(nearest);
}

bool ancestry_read(const char *repository, const char *const commits[], size_t count, struct ancestry *a, struct error *e)
{
    *a = (struct ancestry){ .count = count, .words = count / WORD_BITS + 1 };
    a->above = calloc(count + 1, a->words * sizeof *a->above);
    a->order = calloc(count + 1, sizeof *a->order);
    a->depth = calloc(count + 1, sizeof *a->depth);
    a->main = calloc(count + 1, sizeof *a->main);
    if (!a->above || !a->order || !a->depth || !a->main)
        return error_set(e, "out of memory");
    char *text = git_read(repository, commits, count);
    if (!text)
        return error_set(e, "%.200s: git does not tell which commit descends from which (no repository, or none of these commits in it)", repository);
    graph_make(a, text, commits);
    free(text);
    if (a->unknown == count)
        return error_set(e, "%.200s: holds none of these commits: which one descends from which is not known", repository);
    main_mark(a);
    return true;
}

void ancestry_free(struct ancestry *a)
{
    free(a->above);
    free(a->order);
    free(a->depth);
    free(a->main);
    *a = (struct ancestry){ 0 };
}

size_t ancestry_nearest(const struct ancestry *a, size_t place, const bool *chosen, size_t *nearest)
{
    size_t count = 0;
    for (size_t n = a->count; n-- > 0;) { /* descendants first: who is above one that was taken is not the nearest */
        size_t candidate = a->order[n];
        bool near = ancestry_is_above(a, candidate, place) && (!chosen || chosen[candidate]);
        for (size_t i = 0; near && i < count; i++)
            near = !ancestry_is_above(a, candidate, nearest[i]);
        if (near)
            nearest[count++] = candidate;
    }
    for (size_t i = 1; i < count; i++)
        if (a->depth[nearest[i]] > a->depth[nearest[0]]) {
            size_t first = nearest[0];
            nearest[0] = nearest[i];
            nearest[i] = first;
        }
    return count;
}
