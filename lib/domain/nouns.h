// What things are called, in the words of DESIGN section 1 and of the manual: one word for a thing everywhere.
#pragma once

#include "lib/base/text.h"

namespace certfleet::domain::nouns {

inline constexpr Text company{"企業", "company"};
inline constexpr Text site{"拠点", "site"};
inline constexpr Text group{"グループ", "group"};
inline constexpr Text user{"ユーザー", "user"};
inline constexpr Text service{"サービス", "service"};
inline constexpr Text certificate{"証明書", "certificate"};
inline constexpr Text key_pair{"鍵", "key pair"};
inline constexpr Text csr{"CSR", "CSR"};
inline constexpr Text order{"申請", "order"};
inline constexpr Text apply{"適用", "apply"};
inline constexpr Text node{"ノード", "node"};
inline constexpr Text access{"アクセス", "access"};
inline constexpr Text ca_account{"認証局アカウント", "CA account"};
inline constexpr Text organization{"組織", "organization"};
inline constexpr Text applicant{"申請者", "applicant"};
inline constexpr Text ev_approver{"EV承認者", "EV approver"};
inline constexpr Text settings{"基本設定", "settings"};
inline constexpr Text mail_settings{"メール設定", "mail settings"};
inline constexpr Text notification{"通知設定テーブル", "notification table"};
inline constexpr Text schedule{"定期処理", "batch run"};
inline constexpr Text sealing_key{"封印鍵", "sealing key"};

}  // namespace certfleet::domain::nouns
