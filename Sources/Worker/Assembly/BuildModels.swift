import Logging
import ModelRouter
import Observability
import ServiceSupport

/// The model router of a worker, as its settings say.
///
/// - Throws: `SettingsError` for a provider's setting that cannot be used.
func buildModels(_ base: Foundations) throws(SettingsError) -> ModelRouter {
  let router = ModelRouter(
    builtin: BuiltinModel(pace: base.settings.builtinPace),
    openAI: try base.settings.model.openAI.map(provider)
  ) { [metrics = base.metrics] report in metrics.count(report) }
  base.logger.info("default model", metadata: .fields([.model: router.summary]))
  return router
}

private func provider(
  _ settings: ModelSettings.OpenAI
) throws(SettingsError) -> OpenAIProvider {
  var key: APIKey?
  if let text = settings.apiKey {
    guard let valid = APIKey(text) else {
      throw SettingsError(
        "setting openai.api_key (OPENAI_API_KEY) is no key: one line, no spaces")
    }
    key = valid
  }
  var configuration = OpenAIProvider.Configuration(
    baseURL: settings.baseURL ?? OpenAIProvider.Configuration.defaultBaseURL, apiKey: key,
    model: settings.model, organization: settings.organization)
  configuration.firstByteTimeout = settings.firstByteTimeout
  configuration.idleTimeout = settings.idleTimeout
  do {
    return try OpenAIProvider(configuration)
  } catch {
    throw SettingsError("setting openai.\(error.setting) \(error.message)")
  }
}
