// The commands. Each measures one thing, prints one JSON object, and deletes its queue.
#ifndef COMMANDS_H
#define COMMANDS_H
#include <stdint.h>

#include "options.h"

/// How fast one connection can publish with confirms.
void command_publish(const struct options *options);

/// How fast one connection can consume what is in the queue.
void command_consume(const struct options *options);

/// Fills the queue, then measures as `consume` does.
void command_drain(const struct options *options);

/// How long a message takes from one connection to another at a given rate.
void command_hop(const struct options *options);

/// How soon a process has consumed its first message; `began` is the time of its `main`.
void command_start(const struct options *options, int64_t began);

#endif
