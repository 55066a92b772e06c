// Numbers that must not be mixed up: Id<struct JobTag> can't be passed where Id<struct NodeTag> is asked for.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace certfleet {

template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::int64_t value) : value_(value) {}
  constexpr std::int64_t value() const { return value_; }
  constexpr explicit operator bool() const { return value_ != 0; }  // 0 means none
  constexpr auto operator<=>(const Id&) const = default;

 private:
  std::int64_t value_ = 0;
};

using CompanyId = Id<struct CompanyTag>;
using SiteId = Id<struct SiteTag>;
using GroupId = Id<struct GroupTag>;
using UserId = Id<struct UserTag>;
using ServiceId = Id<struct ServiceTag>;
using NodeId = Id<struct NodeTag>;
using AccessId = Id<struct AccessTag>;
using KeyPairId = Id<struct KeyPairTag>;
using CsrId = Id<struct CsrTag>;
using CertificateId = Id<struct CertificateTag>;
using CaAccountId = Id<struct CaAccountTag>;
using OrganizationId = Id<struct OrganizationTag>;
using ApplicantId = Id<struct ApplicantTag>;  // of applicants and of EV approvers
using OrderId = Id<struct OrderTag>;
using ApplyId = Id<struct ApplyTag>;
using MailId = Id<struct MailTag>;
using NotificationId = Id<struct NotificationTag>;
using PeerId = Id<struct PeerTag>;

using JobId = Id<struct JobTag>;
using SessionId = Id<struct SessionTag>;
// Grows by one with each claim and each take-back of a job; a write under an older fence changes nothing.
using Fence = Id<struct FenceTag>;

}  // namespace certfleet

template <class Tag>
struct std::hash<certfleet::Id<Tag>> {
  std::size_t operator()(certfleet::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.value()); }
};
