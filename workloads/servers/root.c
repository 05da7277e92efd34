/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The root task's session: facts of the machine, then every selected program, then the end record and the exit code. The session
 * goes on whatever a program reports, and when it fails or crashes. No program gets a priority as high as root's, so that with limit=
 * root ends one that keeps the processor or never asks for anything. Without, root sets no timer, which would be seen in what is
 * measured; `tollgate run` has a limit of its own. What stops the session early leaves no end record.
 */
#include "kernel/boot/archive.h"
#include "workloads/lib/object.h"
#include "workloads/lib/program.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"

#define ROOT_QUANTUM_US PROGRAM_QUANTUM_US

struct session_state {
    struct root_options options;
    enum fidelity fidelity;
    uint64_t selected;         /* programs run */
    bool ok;
};

static struct session_state session;

static const char *const folder_workload = "workload/", *const folder_test = "test/";

/* Whether the entry is a program to run; fills in *p. A name that is too long for a program is refused by a failed record. */
static bool entry_select(struct session_state *s, const struct archive_entry *e, struct program *p)
{
    bool is_workload = text_starts(e->name, folder_workload), is_test = text_starts(e->name, folder_test);

    if ((e->mode & ARCHIVE_MODE_TYPE) != ARCHIVE_MODE_FILE || (!is_workload && !is_test))
        return false;
    if (is_workload ? !s->options.run_workloads : !s->options.run_tests)
        return false;
    if (!text_matches(s->options.select, e->name + text_length(is_test ? folder_test : folder_workload)))
        return false;
    if (text_length(e->name) >= sizeof p->name) {
        record_test(&root_records, "root: names of programs are short", "fail", e->name);
        s->ok = false;
        return false;
    }
    memcpy(p->name, e->name, text_length(e->name) + 1);
    p->id = p->name + text_length(is_test ? folder_test : folder_workload);
    p->is_test = is_test;
    p->seed = s->options.seed;
    p->rounds = s->options.rounds;
    p->methods = s->options.methods;
    p->limit_s = s->options.limit_s;
    return true;
}

static void programs_run(struct session_state *s)
{
    struct archive archive;
    struct archive_entry entry;
    struct program program;
    enum archive_result result;

    archive_open(&archive, (const void *)ROOT_ARCHIVE_ADDRESS, root_info()->archive_bytes);
    while ((result = archive_next(&archive, &entry)) == ARCHIVE_ENTRY) {
        if (!entry_select(s, &entry, &program))
            continue;
        s->selected++;
        output_line("running ", program.name);
        if (!program_run(&program, entry.data, entry.bytes, s->fidelity))
            s->ok = false;
    }
    if (result == ARCHIVE_BAD) {
        record_test(&root_records, "root: the boot archive is well-formed", "fail", archive.error);
        s->ok = false;
    }
    if (s->selected == 0) {
        record_test(&root_records, "root: select= matches a program", "fail", s->options.select);
        s->ok = false;
    }
}

/* Returns whether root itself has what it counts on. */
static const char *session_check(void)
{
    if (root_info()->magic != ROOT_INFO_MAGIC)
        return "root_info is not where it belongs";
    if (scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, ROOT_PRIORITY, ROOT_QUANTUM_US) != 0)
        return "cannot set its priority";
    return NULL;
}

void program_start(uint64_t facts)
{
    (void)facts;
    output_init();
    const char *wrong = session_check();
    if (wrong == NULL)
        wrong = root_options_parse(root_info()->command_line, &session.options);
    if (wrong != NULL) {
        output_line("refused: ", wrong);
        output_exit(EXIT_BAD_BOOT);
    }
    record_begin(&root_records, "tollgate");
    session.ok = true;
    session.fidelity = context_report();
    programs_run(&session);
    bool ok = session.ok && !root_records.failed;
    record_end(&root_records, output_count() + 1, ok);
    output_exit(ok ? EXIT_OK : EXIT_FAILED);
}
