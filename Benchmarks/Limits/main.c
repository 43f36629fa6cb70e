// openclaw-limits: what RabbitMQ gives a C program on this machine. README.md has the commands.
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "samples.h"

int main(int count, char **arguments) {
  int64_t began = now_ns();
  struct options options = options_read(count, arguments);
  if (!strcmp(options.command, "publish")) command_publish(&options);
  else if (!strcmp(options.command, "consume")) command_consume(&options);
  else if (!strcmp(options.command, "drain")) command_drain(&options);
  else if (!strcmp(options.command, "hop")) command_hop(&options);
  else if (!strcmp(options.command, "start")) command_start(&options, began);
  else options_refuse("there is no command %s", options.command);
  return EXIT_SUCCESS;
}
