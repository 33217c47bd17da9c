#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix_services.hpp"

namespace pams::milter::doctor {
namespace {

bool is_loopback(const std::string& host) {
  return host.starts_with("127.") || host == "localhost" || host == "::1";
}

Finding run(const Examination& examination) {
  const auto& listen = examination.config.settings.listen;
  const std::string remedy =
      "set [milter] listen = \"unix:/var/spool/postfix/pams-milter/pams.sock\" and run pamsctl setup postfix --apply";
  if (!listen.unix_path.empty()) return ok("the milter listens at a unix socket");
  if (!is_loopback(listen.host))
    return warn("the milter listens at " + listen.for_postfix() + ", where other machines may reach it",
                remedy);
  return warn("the milter listens at " + listen.for_postfix() + ": TCP costs two stalls of 44 ms a message",
              remedy);
}

}  // namespace

extern constinit const Check inet_socket{
    .id = "inet_socket",
    .why = "Delayed acknowledgements slow each message, and a port has no owner and no mode.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
