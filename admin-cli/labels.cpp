#include "admin-cli/labels.h"

#include <span>

#include "lib/domain/expiry.h"
#include "lib/pki/certificate.h"

namespace certfleet::cli {
namespace {

struct Label {
  std::string_view word;
  Text text;
  Tone tone = Tone::plain;
};

constexpr std::array order_labels = {
    Label{"scheduled", {"予約済", "scheduled"}},
    Label{"started", {"開始", "started"}},
    Label{"placed", {"申請中", "placed"}},
    Label{"issued", {"発行済", "issued"}},
    Label{"failed", {"失敗", "failed"}, Tone::error},
    Label{"cancelled", {"取消", "cancelled"}},
};

constexpr std::array apply_labels = {
    Label{"none", {"未適用", "none"}},
    Label{"scheduled", {"予約済", "scheduled"}},
    Label{"started", {"適用中", "started"}},
    Label{"applied", {"適用済", "applied"}},
    Label{"rolled_back", {"ロールバック", "rolled back"}, Tone::warning},
    Label{"failed", {"失敗", "failed"}, Tone::warning},
    Label{"cancelled", {"取消", "cancelled"}},
};

constexpr std::array served_labels = {
    Label{"match", {"一致", "match"}},
    Label{"previous", {"旧証明書", "previous"}, Tone::warning},
    Label{"other", {"不一致", "other"}, Tone::error},
    Label{"unreachable", {"接続不可", "unreachable"}, Tone::warning},
};

constexpr std::array job_labels = {
    Label{"waiting", {"待機", "waiting"}},
    Label{"ready", {"実行可", "ready"}},
    Label{"running", {"実行中", "running"}},
    Label{"done", {"完了", "done"}},
    Label{"failed", {"失敗", "failed"}, Tone::error},
    Label{"cancelled", {"取消", "cancelled"}},
    Label{"dead", {"停止", "dead"}, Tone::error},
};

constexpr std::array expiry_labels = {
    Label{"none", {"証明書なし", "no certificate"}},
    Label{"valid", {"有効", "valid"}},
    Label{"under_90", {"90日未満", "under 90 days"}, Tone::warning},
    Label{"under_60", {"60日未満", "under 60 days"}, Tone::warning},
    Label{"under_30", {"30日未満", "under 30 days"}, Tone::warning},
    Label{"under_15", {"15日未満", "under 15 days"}, Tone::warning},
    Label{"expired", {"失効", "expired"}, Tone::error},
};

Cell cell_of(std::span<const Label> labels, const std::string& word, Language language) {
  for (const auto& label : labels)
    if (label.word == word) return Cell(word).as(std::string(label.text.in(language)), label.tone);
  return Cell(word);
}

Tone tone_of(domain::Expiry expiry) {
  if (expiry == domain::Expiry::expired) return Tone::error;
  return domain::is_warning(expiry) ? Tone::warning : Tone::plain;
}

}  // namespace

Cell expiry_cell(std::optional<WallTime> not_after, WallTime now, Language language) {
  if (!not_after) return {};
  auto expiry = domain::expiry_of(not_after, now);
  Cell cell(*not_after);
  std::string text = *cell.shown;
  if (expiry == domain::Expiry::expired) {
    text += Text{" (失効)", " (expired)"}.in(language);
  } else {
    auto days = std::chrono::duration_cast<std::chrono::hours>(*not_after - now).count() / 24;
    text += Text{" (あと {} 日)", " ({} days)"}.with(language, days);
  }
  return std::move(cell).as(std::move(text), tone_of(expiry));
}

Cell expiry_status_cell(std::optional<WallTime> not_after, WallTime now, Language language) {
  return cell_of(expiry_labels, std::string(to_string(domain::expiry_of(not_after, now))), language);
}

Cell order_state_cell(const std::optional<std::string>& state, Language language, bool in_error) {
  if (!state) return {};
  auto cell = cell_of(order_labels, *state, language);
  if (!in_error || cell.tone == Tone::error) return cell;
  auto text = Text{"{} (エラー)", "{} (error)"}.with(language, *cell.shown);
  return std::move(cell).as(std::move(text), Tone::error);
}

Cell apply_status_cell(const std::string& status, Language language) {
  return cell_of(apply_labels, status, language);
}

Cell served_state_cell(const std::optional<std::string>& state, Language language) {
  return state ? cell_of(served_labels, *state, language) : Cell();
}

Cell job_state_cell(const std::string& state, Language language) {
  return cell_of(job_labels, state, language);
}

Cell serial_cell(const std::optional<std::string>& serial) {
  return serial ? Cell(*serial).as(pki::show_serial(*serial)) : Cell();
}

}  // namespace certfleet::cli
