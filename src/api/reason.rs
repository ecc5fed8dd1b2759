//! Why a condition is what it is: one list for all conditions, since a reason is what people search the manual for.

/// The reason of a condition. Each has a row in `docs/reasons.md` with its cause and its remedy.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter,
)]
#[non_exhaustive]
pub enum Reason {
    // Good.
    /// Everything is as the spec asks.
    UpToDate,
    /// The Secret holds the key pair.
    KeyStored,
    /// The user's Secret holds the key pair.
    KeyImported,
    /// The user gave the public key.
    KeyUploaded,
    /// Azure holds the public key.
    KeyPublished,
    /// Every output holds the key.
    OutputsInStep,
    /// Azure holds the public key that is followed.
    KeyFollowed,
    /// A token was issued to the store's identity.
    TokenIssued,

    // Under way.
    /// Steps are being taken.
    Progressing,
    /// The object is being deleted.
    Deleting,
    /// The object is being deleted, and `spec.deletionProtection` holds it.
    DeletionProtected,
    /// `spec.suspend` is set and something would have to be changed.
    Suspended,

    // The key pair in the cluster.
    /// The object could not be read as an `SshKey`.
    InvalidObject,
    /// The Secret's name is taken by a Secret that is not this object's.
    SecretConflict,
    /// The Secret is gone and its key cannot be made again.
    PrivateKeyLost,
    /// The Secret holds another key than the one that was recorded.
    PrivateKeyReplaced,
    /// The Secret is this object's, and its private key is missing or cannot be read.
    PrivateKeyUnreadable,
    /// The Secret that keeps the private key is being deleted, and a finalizer holds it.
    SecretTerminating,
    /// A Secret that has to be changed is immutable.
    SecretImmutable,
    /// As many former keys are kept as can be, and a rotation is due.
    TooManyFormerKeys,
    /// The key pair could not be generated.
    KeyGenerationFailed,

    // The key that the user gives.
    /// The Secret or `ConfigMap` that `spec.source` names does not exist.
    SourceNotFound,
    /// It is being deleted.
    SourceTerminating,
    /// It lacks the entry that is named.
    SourceEntryMissing,
    /// It is larger than any key.
    KeyTooLarge,
    /// It is in no format that is known.
    KeyFormatUnknown,
    /// It is in a format that is known and not read.
    KeyFormatUnsupported,
    /// It is of a type that is not supported, such as DSA, a security key or a certificate.
    KeyTypeUnsupported,
    /// It is too weak.
    KeyTooWeak,
    /// It is damaged, or its halves do not belong together.
    KeyDamaged,
    /// There are several.
    SeveralKeysGiven,
    /// A public key stands where a private one is expected.
    PublicKeyGiven,
    /// A private key stands where a public one is expected.
    PrivateKeyGiven,
    /// It is encrypted, and no passphrase is given.
    PassphraseRequired,
    /// The passphrase does not open it.
    PassphraseWrong,
    /// To open it would cost more than is spent on one key.
    KeyDerivationTooCostly,
    /// There is no key in Azure to be followed.
    AzureKeyNotFound,
    /// What is in Azure is no public key that can be read.
    AzureKeyUnreadable,

    // The outputs.
    /// The name of an output is taken.
    OutputConflict,
    /// An output is being deleted, and a finalizer holds it.
    OutputTerminating,
    /// What is asked for in an output can't be.
    OutputInvalid,

    // The store.
    /// There is no store of that name.
    StoreNotFound,
    /// The store is being deleted, and keys are in Azure through it.
    InUse,
    /// The store cannot be used; its own condition says why.
    StoreNotReady,
    /// A Secret that a store refers to does not exist.
    CredentialSecretNotFound,
    /// A Secret that a store refers to is being deleted.
    CredentialSecretTerminating,
    /// A Secret that a store refers to lacks the key that is named.
    CredentialSecretInvalid,
    /// What a store names is no certificate with its private key.
    CertificateInvalid,
    /// The certificate that a store names has ended.
    CertificateExpired,
    /// The `ServiceAccount` for workload identity does not exist.
    ServiceAccountNotFound,
    /// What the operator runs on gives it no identity of its own.
    PodIdentityMissing,
    /// Entra refused the identity.
    AuthenticationFailed,
    /// The tenant has no such application.
    ClientNotFound,
    /// What proves the identity is not valid at this time by Entra's clock.
    ClockSkewed,
    /// The client secret has ended.
    ClientSecretExpired,
    /// Entra knows no such tenant.
    TenantNotFound,

    // What a `ClusterAzureStore` does not let its tenants do.
    /// The namespace may not use the store.
    NamespaceNotAllowed,
    /// The key may not be in that resource group.
    ResourceGroupNotAllowed,
    /// The key may not have that name in Azure.
    NameNotAllowed,
    /// A key that is in Azure may not be taken over.
    AdoptionNotAllowed,
    /// A key that is in Azure may not be followed.
    ObservationNotAllowed,
    /// A resource group may not be created.
    ResourceGroupCreationNotAllowed,

    // What the spec leaves open or Azure does not take.
    /// Neither the object nor its store names a resource group.
    ResourceGroupRequired,
    /// Neither the object nor its store names a location.
    LocationRequired,
    /// The name for the key in Azure is not one that Azure takes.
    AzureNameInvalid,
    /// The store's tags and the key's are more together than Azure takes.
    TooManyTags,
    /// The resource group does not exist and may not be created.
    ResourceGroupNotFound,
    /// The resource group is being deleted.
    ResourceGroupBeingDeleted,
    /// The name is taken in Azure by a key that is not this object's.
    AzureKeyConflict,
    /// The object has keys at as many places in Azure as its status can name.
    TooManyPlaces,
    /// The key in Azure would outlive the Secret with its private half.
    DeletionPolicyConflict,
    /// The custom resource definitions are older than the operator: what it must remember is not kept.
    #[strum(serialize = "CRDOutdated")]
    CrdOutdated,
    /// A key of that name exists in another location.
    LocationConflict,
    /// Azure stores no SSH keys in that location.
    LocationNotAvailable,
    /// Azure refused the public key.
    KeyRefused,
    /// Azure refused the request as it is.
    RequestRefused,
    /// The subscription does not exist, or the identity may not see it.
    SubscriptionNotFound,
    /// The subscription is disabled.
    SubscriptionDisabled,
    /// The subscription is not registered for `Microsoft.Compute`.
    ProviderNotRegistered,
    /// The identity may not do this.
    AccessDenied,
    /// A policy forbids this.
    DisallowedByPolicy,
    /// A lock forbids this.
    ScopeLocked,
    /// Somebody turns back tags in Azure whenever they are put right.
    TagOverridden,
    /// Something in Azure is not as it is wanted, and is only to be reported.
    DriftDetected,
    /// Something changes back what the operator has changed.
    ChangeTurnedBack,

    // What would be done, of an SshKeyPlan.
    /// The answer is in the status.
    PlanComplete,
    /// As many plans of this namespace are at work as may be.
    Queued,
    /// The API server refuses what would be applied.
    TemplateRefused,
    /// There is no `SshKey` of that name.
    SshKeyNotFound,

    // What passes by itself.
    /// Azure asked to wait, or the budget of writes is used up.
    Throttled,
    /// Azure did not answer, or answered with an error of its own.
    AzureUnavailable,
    /// What answered in Azure's place did not speak ARM.
    AzureAnswerInvalid,
    /// The certificate of Azure's endpoint is not trusted.
    CertificateNotTrusted,
    /// The API server did not answer, or not with what it should.
    KubernetesUnavailable,
    /// The API server refused what the operator asked of it.
    KubernetesRefused,
    /// The namespace is being deleted.
    NamespaceTerminating,
}

impl Reason {
    /// The reason as it stands in conditions and events.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
